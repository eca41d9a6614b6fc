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
  OR2552: {
    status: 400,
    title: 'Nothing to analyze',
    remedy: 'Name files or folders, or leave out --use-kube=false and give a kubeconfig.',
  },
  OR2553: {
    status: 403,
    title: 'A part of the cluster cannot be read',
    remedy:
      'Ask for the right to list what the message names, or go on without: nothing is concluded from what was not read.',
  },
  OR2555: {
    status: 404,
    title: 'There is no such namespace',
    remedy: 'See `kubectl get namespaces`; -A analyzes all of them.',
  },
  OR2554: {
    status: 400,
    title: 'Nothing to migrate',
    remedy: 'Name files with the resources of the other mesh, or the cluster by --kubeconfig and --context.',
  },
} as const satisfies Record<string, CatalogueEntry>;
