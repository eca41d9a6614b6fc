import type { CatalogueEntry } from './entry.ts';

/** 25xx installation. */
export const installationErrors = {
  OR2500: {
    status: 400,
    title: 'Key that the installation decides',
    remedy: 'Use the name of --set that the message gives; `outrigger install --help` lists all.',
  },
  OR2501: {
    status: 400,
    title: 'No such profile',
    remedy: 'Use minimal (the control plane), default (with an ingress gateway) or demo (both gateways, all traced).',
  },
  OR2502: {
    status: 400,
    title: 'Options of the installation cannot be read',
    remedy: 'Give a map of the keys that `outrigger install --help` lists, an IstioOperator, or {meshConfig}.',
  },
  OR2503: {
    status: 403,
    title: 'Rights are missing',
    remedy: 'Ask an administrator of the cluster for the rights that the message names; nothing was changed.',
  },
  OR2504: {
    status: 409,
    title: 'Another webhook injects into the same namespaces',
    remedy:
      'Install beside it with --revision NAME and label namespaces istio.io/rev=NAME, or remove the other one first (Istio: `istioctl uninstall`). A tag moves by `outrigger tag set TAG --revision NAME --overwrite`.',
  },
  OR2505: {
    status: 409,
    title: 'Somebody else changed what is to be applied',
    remedy:
      'See whether the change is wanted: if so set it by --set or -f, if not run the command again with --force, which takes the fields over.',
  },
  OR2506: {
    status: 409,
    title: 'Somebody else installs or uninstalls',
    remedy: 'Wait until it has ended, and run the command again; one that was killed gives way after half a minute.',
  },
  OR2507: {
    status: 504,
    title: 'Not ready in time',
    remedy:
      'See what the message says is missing (`kubectl -n outrigger-system get pods,events`, `outrigger check`), and run the command again: it goes on where it stopped. --timeout gives it longer.',
  },
  OR2508: {
    status: 502,
    title: 'The installation stopped in the middle',
    remedy: 'Mend what the message says, and run the same command again: it completes what is there.',
  },
  OR2509: {
    status: 400,
    title: 'Not confirmed',
    remedy: 'Nothing was changed. Answer y, or give -y.',
  },
  OR2510: {
    status: 500,
    title: 'The record of the options cannot be read',
    remedy: 'Run `outrigger install` again with the options that you want: it writes the record anew.',
  },
  OR2511: {
    status: 409,
    title: 'Kinds of another mesh lack versions',
    remedy:
      'Update the CustomResourceDefinitions that the message names to the versions named (those of Istio 1.22 or newer have them), or remove them.',
  },
  OR2512: {
    status: 404,
    title: 'Nothing is installed',
    remedy: 'Check the context and --set namespace=…; `outrigger install` installs.',
  },
  OR2513: {
    status: 502,
    title: 'The API server refused an object',
    remedy: 'Mend what the message says, and run the same command again: it completes what is there.',
  },
  OR2514: {
    status: 500,
    title: 'The clocks disagree',
    remedy: 'Set the clock of this machine or of the API server (NTP): certificates made now would not be valid yet.',
  },
  OR2515: {
    status: 502,
    title: 'A pod cannot start',
    remedy:
      'Waiting longer does not help. Mend what the message says (an image: its name in `--set image=` and `--set proxyImage=`, and the right to pull it; a container that ends: `kubectl -n outrigger-system logs POD --previous`), and run the command again: it goes on where it stopped.',
  },
  OR2516: {
    status: 409,
    title: 'The installation would lose parts that nobody named',
    remedy:
      'Nothing was changed. Name the profile that is installed (`--set profile=demo`) to keep them, or the one that is wanted to have them removed; `outrigger install` without -y asks.',
  },
  OR2517: {
    status: 409,
    title: 'The tag is of another revision',
    remedy:
      'Give --overwrite to move it: pods made from then on are of the other revision, those that run stay as they are.',
  },
  OR2518: {
    status: 404,
    title: 'There is no such tag',
    remedy: 'See `outrigger tag list`; `outrigger tag set TAG --revision NAME` makes one.',
  },
  OR2519: {
    status: 409,
    title: 'The name of the tag is that of a revision',
    remedy:
      'To renew that revision run `outrigger install` with the new images: its replicas are replaced one by one. To move to the other one label each namespace istio.io/rev=NAME (and remove istio-injection); when none asks for the old one, `outrigger uninstall --revision OLD` frees its name, and `outrigger tag set OLD --revision NAME` gives it.',
  },
  OR2520: {
    status: 504,
    title: 'Parts of the installation are still there',
    remedy:
      'Something makes them again (a control plane that still runs, a tool that applies the manifests), or holds them up (`kubectl get KIND NAME -o yaml` names its finalizers). End that, and run the same command again: it removes what is left. --timeout waits longer.',
  },
} as const satisfies Record<string, CatalogueEntry>;
