import type { CatalogueEntry } from './entry.ts';

export const translationErrors = {} as const satisfies Record<string, CatalogueEntry>;
