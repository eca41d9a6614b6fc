import type { CatalogueEntry } from './entry.ts';

export const emergencyErrors = {
  OR2560: {
    status: 404,
    title: 'Nothing has this name',
    remedy:
      'Give `mesh`, a namespace as `ns/NAME`, or a workload as `deploy/NAME` with `-n NAMESPACE`; `kubectl get deploy,sts,ds -A` lists them.',
  },
  OR2561: {
    status: 400,
    title: 'The emergency cannot be declared so',
    remedy: 'See the message and `outrigger emergency --help`.',
  },
  OR2562: {
    status: 409,
    title: 'Nobody was asked whether protection may be taken away',
    remedy: 'Answer y, or give -y where there is no terminal.',
  },
  OR2564: {
    status: 400,
    title: 'The pods of the workload cannot be named by labels alone',
    remedy: 'Declare it for the namespace, or write an Emergency with labels that only these pods have.',
  },
  OR2563: {
    status: 404,
    title: 'There is no such emergency',
    remedy: '`outrigger emergency status` lists those in force.',
  },
  OR2565: {
    status: 502,
    title: 'What became of emergencies cannot be written down',
    remedy:
      'They end all the same. Give the control plane the rights to create Events and to delete Emergencies: `outrigger manifest generate` has the rules.',
  },
} as const satisfies Record<string, CatalogueEntry>;
