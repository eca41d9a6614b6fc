import type { CatalogueEntry } from './entry.ts';

export const dashboardErrors = {
  OR4030: {
    status: 503,
    title: 'No proxy tells what it counts',
    remedy: 'Let the control plane reach port 15090 of the pods: see NetworkPolicies and firewalls.',
  },
  OR4031: {
    status: 503,
    title: 'Prometheus does not answer as it should',
    remedy:
      'See the message, and whether `dashboard.prometheusUrl` is its address as the control plane reaches it. Until then the proxies are asked.',
  },
  OR4032: {
    status: 401,
    title: 'The dashboard wants to know who asks',
    remedy:
      'Open it with `outrigger dashboard`, or send a token of Kubernetes (`kubectl create token NAME`) as `Authorization: Bearer`.',
  },
  OR4033: {
    status: 403,
    title: 'The user may not do this',
    remedy: 'See the message for the verb and the kind; somebody has to give the right by RBAC.',
  },
  OR4034: {
    status: 403,
    title: 'The request is not of this page',
    remedy:
      'By a forwarded port, the host has to be localhost or 127.0.0.1. A change has to come from the page itself, as application/json.',
  },
  OR4035: {
    status: 503,
    title: 'Too many watch already',
    remedy: 'Close a page, or raise `dashboard.mostStreams`; the page tries again by itself.',
  },
  OR4036: {
    status: 400,
    title: 'The parameter is not one',
    remedy: 'See the message for the parameter and what it may be.',
  },
  OR4037: {
    status: 404,
    title: 'The dashboard knows nothing of that name',
    remedy: 'It may have been deleted. Look for it in the list.',
  },
  OR4038: {
    status: 501,
    title: 'Nothing can be changed here',
    remedy: 'Edit the files that this control plane reads; a change is applied where it runs in a cluster.',
  },
  OR4039: {
    status: 409,
    title: 'The change is not taken',
    remedy: 'See the message of the API server, and the findings for what is wrong with the object.',
  },
  OR4040: {
    status: 500,
    title: 'The dashboard is not served',
    remedy:
      'See the message. Another program may have the port: choose another with `dashboard.port`. All else goes on without it.',
  },
  OR4041: {
    status: 404,
    title: 'There is no proxy whose requests could be looked at',
    remedy: 'See `outrigger proxy-status` for the workloads that have one; without a proxy nobody sees requests.',
  },
  OR4042: {
    status: 409,
    title: 'The resource was changed since it was read',
    remedy: 'Load the page again, look at what has changed, and make the change anew: nothing was written.',
  },
  OR4043: {
    status: 413,
    title: 'The resource is too long for the form',
    remedy:
      'Change it with kubectl: the control plane serves proxies beside the page, and reads 128 KiB for it at most.',
  },
  OR4044: {
    status: 502,
    title: 'The log cannot be read',
    remedy:
      'See the message: the container may not have begun, or its node does not answer. `kubectl logs` would say the same.',
  },
} as const satisfies Record<string, CatalogueEntry>;
