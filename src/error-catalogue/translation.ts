import type { CatalogueEntry } from './entry.ts';

export const translationErrors = {
  OR2401: {
    status: 403,
    title: 'The proxy is not the pod that it says it is',
    remedy:
      'Nothing to do for a pod that runs as injected. Otherwise look at who sent it: the name, namespace and service account of the token and those of the first request differ.',
  },
  OR2402: {
    status: 403,
    title: 'The pod of the proxy is not known',
    remedy:
      'The pod is gone, or the control plane does not see it: compare kubectl get pod with the logs of the control plane. The proxy asks again by itself.',
  },
  OR2403: {
    status: 500,
    title: 'A part of the configuration cannot be sent',
    remedy:
      'The resource that is named is left out and the rest is sent. Report it with the resource: it is a fault of ours.',
  },
  OR2404: {
    status: 422,
    title: 'A field has no effect yet',
    remedy:
      'The resource is in force but for this field. Remove the field, or see docs/api.md for what comes in its place.',
  },
  OR2405: {
    status: 404,
    title: 'No such proxy',
    remedy: 'Name a pod of the configuration as namespace/name; the message lists those that are near.',
  },
  OR2406: {
    status: 422,
    title: 'A part of a Gateway is left out',
    remedy:
      'The rest of the Gateway is in force. The message names the server, host or credential, and what it is in conflict with.',
  },
  OR2407: {
    status: 422,
    title: 'A kind has no effect yet',
    remedy:
      'The object is right and is left out as a whole: nothing that it asks for or forbids is in force. Remove it, or see docs/api.md for what is read.',
  },
  OR2408: {
    status: 422,
    title: 'A rule of a VirtualService is left out',
    remedy:
      'The other rules are in force. Make the delegate that is named: a VirtualService without hosts, exported to the namespace of the one that names it, whose conditions are no wider than those of the rule.',
  },
  OR2409: {
    status: 403,
    title: 'The machine of the proxy is not known',
    remedy:
      'Apply the WorkloadEntry that `outrigger workload entry configure` wrote for it, with an IP address and a service account. A token that is bound to no pod is taken for that of a machine. The proxy asks again by itself.',
  },
  OR2410: {
    status: 403,
    title: 'A machine has the token of another service account',
    remedy:
      'Give the machine a token of the service account that its WorkloadEntry names, or name that of the token there: `outrigger workload entry configure` makes both.',
  },
  OR2411: {
    status: 403,
    title: 'There is no such group of machines',
    remedy:
      'Apply the WorkloadGroup of the message in the namespace of the token, or take AUTO_REGISTER_GROUP out of the bootstrap of the machine and apply its WorkloadEntry. The proxy asks again by itself.',
  },
  OR2412: {
    status: 503,
    title: 'The WorkloadEntry of a machine that registers itself cannot be written',
    remedy:
      'Look at the rights of the control plane (docs/security.md: create, patch, get and delete of workloadentries) and at the API server. The proxy asks again by itself, and what is there is kept until then.',
  },
  OR2413: {
    status: 502,
    title: 'The gateway of a network cannot be looked up',
    remedy:
      'Mend the name or the resolvers of the control plane. It is looked up every half minute; the addresses that were found last stay until then, and without any what stands behind it is called by address.',
  },
  OR2451: {
    status: 502,
    title: 'Keys of an issuer of tokens cannot be read',
    remedy:
      'Look whether the control plane reaches the address, and what it answers. The last good keys are used; without any, no token of the issuer is taken.',
  },
  OR2452: {
    status: 403,
    title: 'Keys of an issuer are at an address that is not read',
    remedy:
      'The address is of the control plane itself, of its link or of a cloud. If it is meant, list it in mesh.jwksAllowedAddresses.',
  },
  OR2453: {
    status: 422,
    title: 'A key of an issuer cannot be used',
    remedy: 'The other keys are used. Publish RSA keys of 1024 to 8192 bits, or EC keys of P-256, P-384 or P-521.',
  },
  OR2454: {
    status: 422,
    title: 'A policy names somebody who cannot be asked',
    remedy:
      'What the policy is for is denied. Name one provider of mesh.extensionProviders, and one alone for each workload, whose service and port are visible to it.',
  },
  OR2455: {
    status: 422,
    title: 'A provider of telemetry cannot be told',
    remedy:
      'The rest of the Telemetry is in force. List the provider in mesh.extensionProviders with a kind that fits, and a service and port that the workload sees.',
  },
  OR2456: {
    status: 422,
    title: 'A patch of an EnvoyFilter is left out',
    remedy:
      'The rest of the configuration is sent. Compare the match and the value with what outrigger translate shows for the proxy, and with the words of Envoy if a proxy refused it; with mesh.delivery eager, listeners and routes have the shape and names of Istio.',
  },
  OR2461: {
    status: 422,
    title: 'A service that counts requests for a RateLimit cannot be asked',
    remedy:
      'The other limits hold; those of this RateLimit let all by or none, as its failureMode says. Name a service and port that the workload sees, speaking gRPC, and one service with the same settings for all RateLimits of a workload.',
  },
  OR2462: {
    status: 422,
    title: 'The meshConfig of the ConfigMap istio is not in force',
    remedy:
      'The last good one stays in force. Mend the key `mesh` of the ConfigMap as the message says; docs/mesh-config.md lists what each field becomes.',
  },
  OR2463: {
    status: 422,
    title: 'A field of the meshConfig has no effect',
    remedy:
      'The rest is in force. docs/mesh-config.md lists every field, and what to do in the place of those that have none.',
  },
  OR2480: {
    status: 500,
    title: 'What workloads use cannot be read or kept',
    remedy:
      'Of a command: ask for the right to read ConfigMaps of the namespace of the control plane. In a cluster, give the control plane the Role of `outrigger manifest generate` (ConfigMaps of its own namespace); in a folder, make the state folder writable. Until then it is remembered until the control plane ends.',
  },
  OR2481: {
    status: 404,
    title: 'Nothing is known of what a workload uses',
    remedy:
      '`outrigger scope -A` lists the workloads of which something is known: those whose pods load what they call on first use, after the first call.',
  },
} as const satisfies Record<string, CatalogueEntry>;
