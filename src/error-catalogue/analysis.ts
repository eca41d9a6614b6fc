import type { CatalogueEntry } from './entry.ts';

export const analysisErrors = {
  OR2550: {
    status: 400,
    title: 'A resource is not right',
    remedy: 'Correct the fields that the message names; docs/api.md lists what each takes.',
  },
  OR2551: {
    status: 504,
    title: 'A resource was not looked at in full',
    remedy: 'It was admitted. `outrigger analyze` looks at everything, without a limit of time.',
  },
} as const satisfies Record<string, CatalogueEntry>;
