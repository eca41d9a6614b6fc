import type { CatalogueEntry } from './entry.ts';

export const playgroundErrors = {} as const satisfies Record<string, CatalogueEntry>;
