import type { Json } from '../model/json.ts';
import type { ManifestOptions } from './manifest-options.ts';

const servingFolder = '/etc/outrigger/serving';

/** The command line of the control plane inside the cluster. */
export function serveArguments(options: ManifestOptions, service: string): string[] {
  const { namespace, servingSecret } = options;
  const names = [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
  const certificates =
    servingSecret === ''
      ? ['--tls-names', names.join(',')]
      : ['--tls-cert-file', `${servingFolder}/tls.crt`, '--tls-key-file', `${servingFolder}/tls.key`];
  const settings = { ...fixedSettings(options, service), ...options.settings };
  const inOrder = Object.entries(settings).sort(([left], [right]) => (left < right ? -1 : 1));
  const sets = inOrder.flatMap(([key, value]) => ['--set', `${key}=${textOf(value)}`]);
  return ['serve', '--kubernetes', 'on', ...certificates, ...sets];
}

/** What the installation itself decides; most of it is closed to `--set`. */
function fixedSettings(options: ManifestOptions, service: string): Record<string, Json> {
  const { namespace, revision, proxyImage, namespacesByDefault, gateways } = options;
  return {
    'injection.systemNamespace': namespace,
    'injection.revision': revision,
    'injection.image.proxy': proxyImage,
    'injection.discoveryAddress': `${service}.${namespace}.svc:15012`,
    // API servers keep connections: each is ended by an answer, not under a request (0183).
    'server.preStopDelaySeconds': 6,
    ...(namespacesByDefault ? { 'injection.enableNamespacesByDefault': true } : {}),
    ...(namespace === 'outrigger-system' ? {} : { 'mesh.rootNamespaces': [namespace, 'istio-system'] }),
    ...(gateways.ingress || gateways.egress ? { 'mesh.secretNamespaces': [gateways.namespace] } : {}),
  };
}

/** A text as it is; all else in the flow form that `--set` reads. */
function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function volumesOf(options: ManifestOptions): { volumes: object[]; volumeMounts: object[] } {
  if (options.servingSecret === '') return { volumes: [], volumeMounts: [] };
  return {
    volumes: [{ name: 'serving', secret: { secretName: options.servingSecret, defaultMode: 0o440 } }],
    volumeMounts: [{ name: 'serving', mountPath: servingFolder, readOnly: true }],
  };
}
