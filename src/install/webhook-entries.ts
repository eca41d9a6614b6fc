import type { LabelExpression } from '../model/label-selector.ts';
import { asksByAnnotation, type MatchCondition, misspelt, not, notOptedOut, ownNetwork } from './match-conditions.ts';

/** One webhook of a MutatingWebhookConfiguration, before it gets its address. */
export interface WebhookEntry {
  /** Before `.sidecar-injector.outrigger.io`. Istio's words where Istio has the entry. */
  readonly prefix: string;
  readonly namespaceSelector: readonly LabelExpression[];
  readonly objectSelector: readonly LabelExpression[];
  readonly conditions: readonly MatchCondition[];
  readonly failurePolicy: 'Fail' | 'Ignore';
}

const inject = 'sidecar.istio.io/inject';
const revisionLabel = 'istio.io/rev';
const namespaceLabel = 'istio-injection';
const mirrorLabel = 'outrigger.io/linkerd-inject';

const absent = (key: string): LabelExpression => ({ key, operator: 'DoesNotExist' });
const within = (key: string, ...values: string[]): LabelExpression => ({ key, operator: 'In', values });
const outside = (key: string, ...values: string[]): LabelExpression => ({ key, operator: 'NotIn', values });

const unlabelled = [absent(namespaceLabel), absent(revisionLabel)];
const willing = [ownNetwork, notOptedOut];

/**
 * For a revision or a tag, as Istio's: the namespace names it, or the pod does where the namespace is silent.
 * Every entry with `Fail` is for pods that opted in, themselves or by their namespace: those are not let through
 * without a proxy. Nobody else is ever held up.
 */
export function revisionEntries(revision: string): WebhookEntry[] {
  return [
    {
      prefix: 'rev.namespace',
      namespaceSelector: [within(revisionLabel, revision), absent(namespaceLabel)],
      objectSelector: [outside(inject, 'false')],
      conditions: willing,
      failurePolicy: 'Fail',
    },
    {
      prefix: 'rev.object',
      namespaceSelector: unlabelled,
      objectSelector: [outside(inject, 'false'), within(revisionLabel, revision)],
      conditions: willing,
      failurePolicy: 'Fail',
    },
  ];
}

/**
 * For the default revision. `namespace`, `object` and `auto` are Istio's. Ours:
 *
 * | entry | pods in namespaces without `istio-injection` and `istio.io/rev` |
 * |---|---|
 * | annotation | that ask by annotation alone (`sidecar.istio.io/inject`, `linkerd.io/inject`) |
 * | linkerd | of a namespace annotated `linkerd.io/inject` (seen as our mirror label) |
 * | advice | with a misspelt value: told so, never held up (`Ignore`) |
 *
 * No pod is matched by two: `object` needs the label "true", `annotation`, `linkerd` and `advice` a label that
 * is neither "true" nor "false"; `linkerd` needs the mirror label, `annotation` and `advice` its absence or, for
 * `advice`, that the others do not take the pod.
 */
export function defaultEntries(options: { readonly namespacesByDefault: boolean }): WebhookEntry[] {
  const auto = options.namespacesByDefault;
  // With `auto`, that entry has every pod without the label, so ours are left with the misspelt labels.
  const undecided = [
    outside(inject, 'true', 'false'),
    ...(auto ? [{ key: inject, operator: 'Exists' } as const] : []),
    absent(revisionLabel),
  ];
  const entries: WebhookEntry[] = [
    {
      prefix: 'namespace',
      namespaceSelector: [within(namespaceLabel, 'enabled')],
      objectSelector: [outside(inject, 'false')],
      conditions: willing,
      failurePolicy: 'Fail',
    },
    {
      prefix: 'object',
      namespaceSelector: unlabelled,
      objectSelector: [within(inject, 'true'), absent(revisionLabel)],
      conditions: [ownNetwork],
      failurePolicy: 'Fail',
    },
    {
      prefix: 'annotation',
      namespaceSelector: [...unlabelled, outside(mirrorLabel, 'enabled', 'ingress')],
      objectSelector: undecided,
      conditions: [ownNetwork, asksByAnnotation],
      failurePolicy: 'Fail',
    },
    {
      prefix: 'linkerd',
      namespaceSelector: [...unlabelled, within(mirrorLabel, 'enabled', 'ingress')],
      objectSelector: undecided,
      conditions: willing,
      failurePolicy: 'Fail',
    },
    {
      prefix: 'advice',
      namespaceSelector: [...unlabelled, outside(mirrorLabel, 'enabled', 'ingress')],
      objectSelector: undecided,
      conditions: [ownNetwork, misspelt, not(asksByAnnotation)],
      failurePolicy: 'Ignore',
    },
  ];
  if (auto) {
    entries.push({
      prefix: 'auto',
      namespaceSelector: unlabelled,
      objectSelector: [absent(inject), absent(revisionLabel)],
      conditions: willing,
      failurePolicy: 'Fail',
    });
  }
  return entries;
}
