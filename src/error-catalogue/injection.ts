import type { CatalogueEntry } from './entry.ts';

/** 12xx annotations and pods, 13xx templates and patch, 14xx traffic capture. */
export const injectionErrors = {
  OR1201: {
    status: 422,
    title: 'Bad annotation value',
    remedy: 'Write the value as the message says, or take the annotation out; docs/annotations.md lists all.',
  },
  OR1202: {
    status: 422,
    title: 'Bad resource quantity',
    remedy: 'Write a quantity as Kubernetes reads it, such as 100m or 128Mi.',
  },
  OR1203: {
    status: 422,
    title: 'Bad ProxyConfig',
    remedy: 'Mend the annotation proxy.istio.io/config (or mesh.defaultConfig) as the message says.',
  },
  OR1204: {
    status: 422,
    title: 'Malformed pod',
    remedy: 'Mend the field that the message names; `kubectl apply --dry-run=server` shows what Kubernetes accepts.',
  },
  OR1205: {
    status: 422,
    title: 'Bad Prometheus annotation',
    remedy: "Give the port of the app's own metrics, 1 to 65535 and none of the proxy's.",
  },
  OR1206: {
    status: 422,
    title: 'Request greater than limit',
    remedy: 'Raise the limit or lower the request of the proxy.',
  },
  OR1207: {
    status: 422,
    title: 'Bad control-plane address',
    remedy: 'Write host:port, such as outrigger.outrigger-system.svc:15012.',
  },
  OR1208: {
    status: 422,
    title: 'DNS capture is not available',
    remedy:
      'Set injection.nameservers to the addresses of the resolvers that pods have. For a pod with dnsConfig.nameservers of its own, take ISTIO_META_DNS_CAPTURE out of proxyMetadata: its names would be asked of the wrong ones.',
  },
  OR1209: {
    status: 400,
    title: 'Not a Kubernetes object',
    remedy: 'Give Kubernetes objects as YAML or JSON; mend the place that the message names.',
  },
  OR1210: {
    status: 400,
    title: 'Bad list of pairs',
    remedy: 'Write key=value pairs separated by commas.',
  },
  OR1220: {
    status: 422,
    title: 'Annotations too large',
    remedy: 'Shorten them: Kubernetes takes 256 KiB of annotations an object, names included.',
  },
  OR1221: {
    status: 422,
    title: 'Record of injection is not one',
    remedy:
      'Take the annotations sidecar.istio.io/status and proxy.outrigger.io/original out: an injector writes them, nobody else.',
  },
  OR1213: {
    status: 413,
    title: 'Too much at once',
    remedy:
      'Give fewer objects at a time: a preview takes 256 KiB and 100 objects, or one object as JSON; `outrigger preview` takes more.',
  },
  OR1214: {
    status: 400,
    title: 'Bad query of a preview',
    remedy: 'Give namespace, labels, annotations or explain, each once.',
  },
  OR1222: {
    status: 422,
    title: 'Too many containers',
    remedy: 'Split the pod, or leave it out of the mesh.',
  },
  OR1301: {
    status: 422,
    title: 'Unknown injection template',
    remedy: 'Name a template that exists: sidecar, gateway, or one of injection.templates.',
  },
  OR1302: {
    status: 500,
    title: 'Injection template failed',
    remedy: 'Mend the template where the message says; the last good configuration stays in force until then.',
  },
  OR1303: {
    status: 500,
    title: 'Injection template has a wrong type',
    remedy: 'A template renders a mapping with metadata and spec, as in a pod; mend the field that the message names.',
  },
  OR1304: {
    status: 422,
    title: 'The pod cannot be merged with the sidecar',
    remedy: 'Mend the field that the message names: names have to be unique and lists have to be lists.',
  },
  OR1401: {
    status: 400,
    title: 'Bad list of address blocks',
    remedy:
      'Write address/length blocks separated by commas, without spaces (10.0.0.0/8,fd00::/8); "*" only where allowed.',
  },
  OR1402: {
    status: 400,
    title: 'Bad list of ports',
    remedy: 'Write port numbers from 0 to 65535 separated by commas; "*" only where allowed.',
  },
  OR1403: {
    status: 400,
    title: 'Bad list of network interfaces',
    remedy: 'Write interface names (at most 15 characters, a letter first) separated by commas.',
  },
  OR1404: {
    status: 400,
    title: 'Bad capture flag',
    remedy: 'Use the flags of `istio-iptables`, each with its value.',
  },
} as const satisfies Record<string, CatalogueEntry>;
