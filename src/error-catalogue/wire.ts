import type { CatalogueEntry } from './entry.ts';

export const wireErrors = {} as const satisfies Record<string, CatalogueEntry>;
