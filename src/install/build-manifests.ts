import { readdirSync, readFileSync } from 'node:fs';
import jsone from 'json-e';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from './kubernetes-object.ts';
import { type ManifestOptions, rootSecretName } from './manifest-options.ts';
import { buildWebhookConfigurations } from './webhook-configuration.ts';

const baseFolder = new URL('../../manifests/base/', import.meta.url);

/**
 * Everything that an installation is, in the order in which it is applied: the webhook configurations come last,
 * when what they call is already there. Same options, same objects.
 */
export function buildManifests(options: ManifestOptions): KubernetesObject[] {
  const suffix = options.revision === 'default' ? '' : `-${options.revision}`;
  const name = `outrigger${suffix}`;
  const context = {
    ...options,
    name,
    rootSecret: rootSecretName,
    // Cluster-wide names carry the namespace when it is not the usual one, so that two installations never share one.
    clusterName: options.namespace === 'outrigger-system' ? name : `${name}-${options.namespace}`,
    args: serveArguments(options, name),
    ...volumesOf(options),
  };
  const webhooks = buildWebhookConfigurations({
    ...options,
    service: name,
    url: options.webhookUrl === '' ? undefined : options.webhookUrl,
  });
  const base = loadBase().map((template) => jsone(template, context) as KubernetesObject);
  return [...base, ...webhooks];
}

/** The documents of manifests/base in the order of the file names. */
function loadBase(): object[] {
  const names = readdirSync(baseFolder).filter((name) => name.endsWith('.yaml'));
  return names.sort().flatMap((name) => {
    const text = readFileSync(new URL(name, baseFolder), 'utf8');
    return parseAllDocuments(text).map((document) => document.toJS() as object);
  });
}

const servingFolder = '/etc/outrigger/serving';

/** The command line of the control plane inside the cluster. */
function serveArguments(options: ManifestOptions, service: string): string[] {
  const { namespace, revision, servingSecret, proxyImage, namespacesByDefault } = options;
  const names = [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
  const certificates =
    servingSecret === ''
      ? ['--tls-names', names.join(',')]
      : ['--tls-cert-file', `${servingFolder}/tls.crt`, '--tls-key-file', `${servingFolder}/tls.key`];
  const settings: Record<string, string> = {
    systemNamespace: namespace,
    revision,
    'image.proxy': proxyImage,
    discoveryAddress: `${service}.${namespace}.svc:15012`,
    ...(namespacesByDefault ? { enableNamespacesByDefault: 'true' } : {}),
    ...(options.tags.length === 0 ? {} : { tags: options.tags.map((tag) => `${tag}=${revision}`).join(',') }),
  };
  const sets = Object.entries(settings).flatMap(([key, value]) => ['--set', `injection.${key}=${value}`]);
  return ['serve', '--kubernetes', 'on', ...certificates, ...sets];
}

function volumesOf(options: ManifestOptions): { volumes: object[]; volumeMounts: object[] } {
  if (options.servingSecret === '') return { volumes: [], volumeMounts: [] };
  return {
    volumes: [{ name: 'serving', secret: { secretName: options.servingSecret, defaultMode: 0o440 } }],
    volumeMounts: [{ name: 'serving', mountPath: servingFolder, readOnly: true }],
  };
}
