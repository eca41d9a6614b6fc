import { readdirSync, readFileSync } from 'node:fs';
import jsone from 'json-e';
import { parseAllDocuments, stringify } from 'yaml';
import { gatewayViews } from './gateways.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { type ManifestOptions, rootSecretName } from './manifest-options.ts';
import { recordOptions } from './recorded-options.ts';
import { serveArguments, volumesOf } from './server-pod.ts';
import { buildDefaultTagValidation, buildValidatingConfiguration } from './validating-configuration.ts';
import { buildWebhookConfigurations } from './webhook-configuration.ts';

/** On all that is installed; what one installation made has the namespace of its control plane beside it. */
export const partLabel = { key: 'app.kubernetes.io/part-of', value: 'outrigger' } as const;
export const installationLabel = 'outrigger.io/installation';
export const revisionLabel = 'outrigger.io/rev';

/**
 * Everything that an installation is, in the order in which it is applied: what is called before what calls it. Pods of
 * gateways are made by the webhooks, so they come last. Same options, same objects.
 */
export function buildManifests(options: ManifestOptions): KubernetesObject[] {
  const name = controlPlaneName(options.revision);
  const context = {
    ...options,
    name,
    rootSecret: rootSecretName,
    // Cluster-wide names carry the namespace when it is not the usual one, so that two installations never share one.
    clusterName: options.namespace === 'outrigger-system' ? name : `${name}-${options.namespace}`,
    args: serveArguments(options, name),
    recorded: recordOptions(options),
    meshConfigText: Object.keys(options.meshConfig).length === 0 ? '' : stringify(options.meshConfig, { lineWidth: 0 }),
    ...volumesOf(options),
  };
  const called = { ...options, service: name, url: options.webhookUrl === '' ? undefined : options.webhookUrl };
  const webhooks = [
    ...buildWebhookConfigurations(called),
    buildValidatingConfiguration(called),
    ...(isDefaultByTag(options) ? [buildDefaultTagValidation(called)] : []),
  ];
  const gateways = gatewayViews(options).flatMap((gateway) => render('gateways', { ...context, gateway }));
  const own = [...render('base', context), ...webhooks, ...gateways].map((object) => labelled(object, options));
  const at = own.findIndex(({ kind }) => kind !== 'Namespace');
  return [...own.slice(0, at), ...loadCrds(), ...own.slice(at)];
}

/** Beside a revision that is called so the tag is refused. */
const isDefaultByTag = ({ revision, tags }: ManifestOptions): boolean =>
  revision !== 'default' && tags.includes('default');

/** Of Deployment, Service and ServiceAccount. */
export function controlPlaneName(revision: string): string {
  return revision === 'default' ? 'outrigger' : `outrigger-${revision}`;
}

/** The kinds of the mesh, as `npm run crds` writes them. They are of all installations. */
export function loadCrds(): KubernetesObject[] {
  return [...documents('crds')] as KubernetesObject[];
}

/** A template may render to nothing. */
export function render(folder: 'base' | 'gateways', context: object): KubernetesObject[] {
  return documents(folder).flatMap((template) => (jsone(template, context) as KubernetesObject | null) ?? []);
}

export function labelled(
  object: KubernetesObject,
  { namespace }: Pick<ManifestOptions, 'namespace'>,
): KubernetesObject {
  const labels = { ...object.metadata.labels, [partLabel.key]: partLabel.value, [installationLabel]: namespace };
  return { ...object, metadata: { ...object.metadata, labels } };
}

const parsed = new Map<string, readonly object[]>();

/** The documents of a folder of manifests/ in the order of the file names; read once. */
function documents(folder: string): readonly object[] {
  const found = parsed.get(folder) ?? readDocuments(folder);
  parsed.set(folder, found);
  return found;
}

function readDocuments(folder: string): object[] {
  const base = new URL(`../../manifests/${folder}/`, import.meta.url);
  const names = readdirSync(base).filter((name) => name.endsWith('.yaml'));
  return names.sort().flatMap((name) => {
    const text = readFileSync(new URL(name, base), 'utf8');
    return parseAllDocuments(text).map((document) => document.toJS() as object);
  });
}
