import type { LabelExpression } from '../model/label-selector.ts';
import { tagParameter } from '../model/revision-tag.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { defaultEntries, revisionEntries, type WebhookEntry } from './webhook-entries.ts';

/** Excluded by the name that every namespace carries as a label: no label of a user can bring them in. */
export const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'] as const;

export interface WebhookConfigurationOptions {
  readonly revision: string;
  readonly tags: readonly string[];
  /** Of the control plane; excluded, too. */
  readonly namespace: string;
  readonly service: string;
  /** In place of the Service: for a control plane outside the cluster. Without path. */
  readonly url?: string;
  /** PEM; empty leaves the caBundle out, as in the plan of an installation. */
  readonly caPem: string;
  readonly timeoutSeconds: number;
  readonly namespacesByDefault: boolean;
}

/**
 * One configuration for the revision and one for each tag; names and selectors as Istio's. The path of a tag's says the tag, so
 * that whoever is called knows that the tag is its own, without having been told before (0300).
 */
export function buildWebhookConfigurations(options: WebhookConfigurationOptions): KubernetesObject[] {
  const { revision, tags } = options;
  const suffix = revision === 'default' ? '' : `-${revision}`;
  const own = buildConfiguration(options, {
    name: `outrigger-sidecar-injector${suffix}`,
    labels: { 'outrigger.io/rev': revision },
    entries: entriesFor(revision, options),
    path: '/inject',
  });
  const ofTags = [...new Set(tags)].sort().map((tag) =>
    buildConfiguration(options, {
      name: `outrigger-revision-tag-${tag}`,
      labels: { 'outrigger.io/rev': revision, 'outrigger.io/tag': tag },
      entries: entriesFor(tag, options),
      path: `/inject/${tagParameter}/${tag}`,
    }),
  );
  return [own, ...ofTags];
}

/** The name `default`, of a revision or of a tag, also serves namespaces and pods that name none. */
export function entriesFor(
  name: string,
  options: Pick<WebhookConfigurationOptions, 'namespacesByDefault'>,
): WebhookEntry[] {
  return [...revisionEntries(name), ...(name === 'default' ? defaultEntries(options) : [])];
}

function buildConfiguration(
  options: WebhookConfigurationOptions,
  content: { name: string; labels: Record<string, string>; entries: readonly WebhookEntry[]; path: string },
): KubernetesObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: content.name, labels: { app: 'outrigger', ...content.labels } },
    webhooks: content.entries.map((entry) => buildWebhook(entry, options, content.path)),
  };
}

/** One entry as the API has it. */
export function buildWebhook(entry: WebhookEntry, options: WebhookConfigurationOptions, path: string) {
  const excluded: LabelExpression = {
    key: 'kubernetes.io/metadata.name',
    operator: 'NotIn',
    values: [...systemNamespaces, options.namespace],
  };
  return {
    name: `${entry.prefix}.sidecar-injector.outrigger.io`,
    admissionReviewVersions: ['v1', 'v1beta1'],
    clientConfig: {
      ...(options.url === undefined
        ? { service: { name: options.service, namespace: options.namespace, path, port: 443 } }
        : { url: `${options.url}${path}` }),
      ...(options.caPem === '' ? {} : { caBundle: Buffer.from(options.caPem, 'utf8').toString('base64') }),
    },
    rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: 'Namespaced' }],
    namespaceSelector: { matchExpressions: [...entry.namespaceSelector, excluded] },
    objectSelector: { matchExpressions: entry.objectSelector },
    matchConditions: entry.conditions.map(({ name, expression }) => ({ name, expression })),
    matchPolicy: 'Equivalent',
    reinvocationPolicy: 'IfNeeded',
    failurePolicy: entry.failurePolicy,
    sideEffects: 'NoneOnDryRun',
    timeoutSeconds: options.timeoutSeconds,
  };
}
