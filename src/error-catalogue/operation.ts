import type { CatalogueEntry } from './entry.ts';

export const operationErrors = {
  OR2530: {
    status: 403,
    title: 'The report of proxies is not for the network',
    remedy: 'Ask with `outrigger proxy-status`, which forwards a port, or from the machine itself by 127.0.0.1.',
  },
  OR2531: {
    status: 404,
    title: 'There is no such pod',
    remedy: 'See `kubectl get pods -A`; give the namespace with `-n` or as POD.NAMESPACE.',
  },
  OR2532: {
    status: 502,
    title: 'No port of the pod can be forwarded',
    remedy:
      'See the message. You need the right to create `pods/portforward` in its namespace, and the pod has to run; or name an address with `--url`.',
  },
  OR2533: {
    status: 502,
    title: 'The admin port of the proxy does not answer as one does',
    remedy:
      'See whether the pod has a proxy (`outrigger describe pod NAME`) and whether that is alive; the answer is not used.',
  },
  OR2534: {
    status: 400,
    title: 'The file is no configuration of a proxy',
    remedy: 'Give what `/config_dump?include_eds` of an Envoy answers: `outrigger proxy-config all POD -o json`.',
  },
  OR2535: {
    status: 502,
    title: 'No control plane can be asked',
    remedy:
      'See the message for each replica. You need the rights to list pods and to create `pods/portforward` in its namespace (`-i`), or name addresses with `--control-plane-url`.',
  },
  OR2536: {
    status: 404,
    title: 'The proxy is not connected to any control plane',
    remedy: 'See the log of its container istio-proxy, and `outrigger proxy-status` for those that are.',
  },
  OR2537: {
    status: 404,
    title: 'There is no such service',
    remedy: 'See `kubectl get services -A`; give the namespace with `-n` or as SERVICE.NAMESPACE.',
  },
  OR2538: {
    status: 403,
    title: 'Objects of the cluster cannot be listed',
    remedy: 'Ask an administrator of the cluster for the right that the message names.',
  },
  OR2539: {
    status: 400,
    title: 'The proxy has no such logger or level',
    remedy:
      'Levels are trace, debug, info, warning, error, critical and off; loggers are those that `outrigger proxy-config log POD` lists.',
  },
} as const satisfies Record<string, CatalogueEntry>;
