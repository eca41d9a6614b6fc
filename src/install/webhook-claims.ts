import type { JsonObject } from '../model/json.ts';
import { type LabelSelectorLike, matchesSelector } from '../model/label-selector.ts';
import { at, listAt, textAt } from './fields.ts';
import type { ManifestOptions } from './manifest-options.ts';

/** A webhook that injects into namespaces which the installation would have. */
export interface Claim {
  /** Of the MutatingWebhookConfiguration. */
  readonly name: string;
  /** `istio-injection=enabled` */
  readonly label: string;
  /** Whose it is, as far as it shows. */
  readonly owner: string;
}

type Wanted = Pick<ManifestOptions, 'revision' | 'tags' | 'namespace'>;

/**
 * Whose webhooks want the same pods. A webhook claims a label if a namespace with it is matched and one without is not: those
 * that look at every pod for reasons of their own are let be. Pure.
 */
export function foreignClaims(configurations: readonly JsonObject[], wanted: Wanted): Claim[] {
  const names = [...new Set([wanted.revision, ...wanted.tags])];
  const labels = [
    ...(names.includes('default') ? [['istio-injection', 'enabled'] as const] : []),
    ...names.map((name) => ['istio.io/rev', name] as const),
  ];
  return configurations
    .filter((configuration) => !isOwn(configuration, wanted))
    .flatMap((configuration) => {
      const claimed = labels.find(([key, value]) => claims(configuration, key, value));
      if (claimed === undefined) return [];
      const name = textAt(configuration, 'metadata', 'name');
      return [{ name, label: claimed.join('='), owner: ownerOf(configuration) }];
    });
}

/** Ours of this revision, made by whatever means, for a control plane in the same namespace. */
function isOwn(configuration: JsonObject, { revision, namespace }: Wanted): boolean {
  const label = (key: string) => textAt(configuration, 'metadata', 'labels', key);
  const service = serviceNamespace(configuration);
  return (
    label('app') === 'outrigger' &&
    label('outrigger.io/rev') === revision &&
    (service === '' || service === namespace) &&
    ['', namespace].includes(label('outrigger.io/installation'))
  );
}

function serviceNamespace(configuration: JsonObject): string {
  return textAt(listAt(configuration, 'webhooks')[0], 'clientConfig', 'service', 'namespace');
}

function ownerOf(configuration: JsonObject): string {
  const app = textAt(configuration, 'metadata', 'labels', 'app');
  const namespace = serviceNamespace(configuration);
  const revision = textAt(configuration, 'metadata', 'labels', 'outrigger.io/rev') || 'default';
  const ours = `Outrigger of revision ${revision}`;
  const who = app === 'sidecar-injector' ? 'Istio' : app === 'outrigger' ? ours : app || 'another mesh';
  return namespace === '' ? who : `${who} in ${namespace}`;
}

function claims(configuration: JsonObject, key: string, value: string): boolean {
  const base = { 'kubernetes.io/metadata.name': 'default' };
  return listAt(configuration, 'webhooks').some((webhook) => {
    const selector = (at(webhook, 'namespaceSelector') ?? {}) as LabelSelectorLike;
    return (
      listAt(webhook, 'rules').some(coversPods) &&
      matchesSelector(selector, { ...base, [key]: value }) &&
      !matchesSelector(selector, base)
    );
  });
}

function coversPods(rule: unknown): boolean {
  return listAt(rule, 'resources').some((resource) => resource === 'pods' || resource === '*' || resource === '*/*');
}
