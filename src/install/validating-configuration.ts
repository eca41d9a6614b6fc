import type { LabelExpression } from '../model/label-selector.ts';
import type { KindDefinition } from '../schema/kind.ts';
import { kinds } from '../schema/kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { WebhookConfigurationOptions } from './webhook-configuration.ts';

type ValidatingOptions = Pick<
  WebhookConfigurationOptions,
  'revision' | 'namespace' | 'service' | 'url' | 'caPem' | 'timeoutSeconds'
>;

const revisionLabel = 'istio.io/rev';
const unnamed: LabelExpression = { key: revisionLabel, operator: 'DoesNotExist' };

/** The tag `default` of another revision: what names no revision is that one's to check, too. */
export function buildDefaultTagValidation(options: ValidatingOptions): KubernetesObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: {
      name: `outrigger-validator-tag-default-${options.namespace}`,
      labels: { app: 'outrigger', 'outrigger.io/rev': options.revision, 'outrigger.io/tag': 'default' },
    },
    webhooks: [buildWebhook('default', unnamed, options)],
  };
}

/**
 * Who checks the resources of the mesh. A resource is checked by the revision that its label names, one without the label by
 * the default revision, as in Istio. `Ignore`: what nobody checked is checked by the registry (0190).
 */
export function buildValidatingConfiguration(options: ValidatingOptions): KubernetesObject {
  const { revision } = options;
  const suffix = revision === 'default' ? '' : `-${revision}`;
  const named: LabelExpression = { key: revisionLabel, operator: 'In', values: [revision] };
  const entries = [
    { prefix: 'rev', selector: named },
    ...(revision === 'default' ? [{ prefix: 'default', selector: unnamed }] : []),
  ];
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: {
      name: `outrigger-validator${suffix}-${options.namespace}`,
      labels: { app: 'outrigger', 'outrigger.io/rev': revision },
    },
    webhooks: entries.map(({ prefix, selector }) => buildWebhook(prefix, selector, options)),
  };
}

function buildWebhook(prefix: string, selector: LabelExpression, options: ValidatingOptions) {
  return {
    name: `${prefix}.validation.outrigger.io`,
    admissionReviewVersions: ['v1'],
    clientConfig: {
      ...(options.url === undefined
        ? { service: { name: options.service, namespace: options.namespace, path: '/validate', port: 443 } }
        : { url: `${options.url}/validate` }),
      ...(options.caPem === '' ? {} : { caBundle: Buffer.from(options.caPem, 'utf8').toString('base64') }),
    },
    rules: rules(),
    objectSelector: { matchExpressions: [selector] },
    matchPolicy: 'Equivalent',
    failurePolicy: 'Ignore',
    sideEffects: 'None',
    timeoutSeconds: options.timeoutSeconds,
  };
}

/** Every kind in every version; one that is deleted is never asked about. */
function rules(): object[] {
  const groups = Map.groupBy<string, KindDefinition>(kinds, ({ group, versions }) => `${group} ${versions.join(' ')}`);
  return [...groups.values()].map((of) => ({
    operations: ['CREATE', 'UPDATE'],
    apiGroups: [...new Set(of.map(({ group }) => group))],
    apiVersions: [...(of[0]?.versions ?? [])],
    resources: of.map(({ plural }) => plural),
    scope: 'Namespaced',
  }));
}
