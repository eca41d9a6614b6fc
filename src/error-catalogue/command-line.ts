import type { CatalogueEntry } from './entry.ts';

/** 18xx command line, 19xx internal. */
export const commandLineErrors = {
  OR1801: {
    status: 400,
    title: 'Unreadable input',
    remedy: 'Check the name and the rights of the file; - reads standard input.',
  },
  OR1802: {
    status: 400,
    title: 'No input',
    remedy: 'Name files or folders after the command, or with -f; - reads standard input.',
  },
  OR1803: {
    status: 422,
    title: 'Pods would be refused',
    remedy: 'Mend each pod that is named; nothing was printed, so that no half of the input is applied.',
  },
  OR1804: {
    status: 400,
    title: 'Empty input',
    remedy: 'Give at least one Kubernetes object; see whether the command before the pipe succeeded.',
  },
  OR1806: {
    status: 400,
    title: 'No usable WorkloadGroup',
    remedy: 'Give one WorkloadGroup, as `outrigger workload group create` prints it.',
  },
  OR1807: {
    status: 500,
    title: 'Output cannot be written',
    remedy: 'Name a folder that this user may write with -o; one that is missing is made.',
  },
  OR1901: {
    status: 500,
    title: 'Internal error',
    remedy:
      'Nothing was changed. Look up the request uid in the log of the control plane and report it with that line.',
  },
} as const satisfies Record<string, CatalogueEntry>;
