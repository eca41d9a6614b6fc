import type { CatalogueEntry } from './entry.ts';

export const registryErrors = {} as const satisfies Record<string, CatalogueEntry>;
