import type { CatalogueEntry } from './entry.ts';

export const registryErrors = {
  OR2101: {
    status: 400,
    title: 'Host belongs to a Kubernetes Service',
    remedy: 'Remove the host from the ServiceEntry, or the Service: in one namespace the Service is used.',
  },
  OR2102: {
    status: 400,
    title: 'Port of a host is defined twice',
    remedy: 'Give the port once among the ServiceEntries of the host: that of the oldest is used.',
  },
  OR2103: {
    status: 400,
    title: 'Host is resolved in two ways',
    remedy: 'Give all ServiceEntries of the host the same resolution: that of the oldest is used, others are left out.',
  },
  OR2104: {
    status: 400,
    title: 'Certificate of a Secret cannot be used',
    remedy: 'Put PEM certificates into the key that the message names; until then the last good ones are used.',
  },
  OR2105: {
    status: 400,
    title: 'Private key of a Secret cannot be used',
    remedy: 'Put the PEM key of the first certificate into the Secret; until then the last good pair is used.',
  },
  OR2106: {
    status: 400,
    title: 'Kubernetes object lacks a needed field',
    remedy: 'Give the field the value that the message names; until then the last good version is used.',
  },
} as const satisfies Record<string, CatalogueEntry>;
