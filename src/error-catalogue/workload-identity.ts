import type { CatalogueEntry } from './entry.ts';

export const workloadIdentityErrors = {} as const satisfies Record<string, CatalogueEntry>;
