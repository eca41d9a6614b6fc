import { isEmptySelector, type LabelSelectorLike, matchesSelector } from '../../model/label-selector.ts';
import type { PodFacts } from '../review/request.ts';
import type { Reason, ReasonCode, Verdict } from './reason.ts';
import {
  injectKey,
  linkerdKey,
  linkerdVerdict,
  namespaceInjectionKey,
  own,
  resolveRevision,
  revisionKey,
  select,
} from './selection.ts';

export interface Check {
  readonly name: string;
  readonly run: (facts: PodFacts) => Reason;
}

/** Never injected, whatever their labels say: recovery of a cluster must not depend on a webhook. */
export const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'] as const;

/** Containers of other meshes; two proxies would capture each other's traffic. */
const foreignSidecars = [
  'linkerd-proxy',
  'linkerd-init',
  'linkerd-network-validator',
  'kuma-sidecar',
  'kuma-init',
  'consul-dataplane',
  'consul-connect-inject-init',
];

/** The order is the decision's: refusals first, then the pod's own word, then its namespace's, then the mesh's. */
export const checks: readonly Check[] = [
  { name: 'host-network', run: hostNetwork },
  { name: 'system-namespace', run: systemNamespace },
  { name: 'foreign-sidecar', run: foreignSidecar },
  { name: 'namespace-disabled', run: namespaceDisabled },
  { name: 'revision', run: revision },
  { name: 'pod-label', run: podLabel },
  { name: 'pod-annotation', run: podAnnotation },
  { name: 'linkerd', run: linkerd },
  { name: 'selection', run: selection },
  { name: 'never-selector', run: neverSelector },
  { name: 'always-selector', run: alwaysSelector },
  { name: 'policy', run: policy },
];

function reason(check: string, code: ReasonCode, verdict: Verdict, message: string, warning?: string): Reason {
  return warning === undefined ? { check, code, verdict, message } : { check, code, verdict, message, warning };
}

function hostNetwork(facts: PodFacts): Reason {
  return facts.hostNetwork
    ? reason(
        'host-network',
        'host_network',
        'refuse',
        'The pod uses the network of its node; capturing traffic there would capture the traffic of the node.',
      )
    : reason('host-network', 'host_network', 'none', 'The pod has a network of its own.');
}

function systemNamespace(facts: PodFacts): Reason {
  const system = [...systemNamespaces, facts.settings.systemNamespace].includes(facts.namespace);
  return system
    ? reason(
        'system-namespace',
        'system_namespace',
        'refuse',
        `Namespace ${facts.namespace} is never injected: the cluster has to come up without the mesh.`,
      )
    : reason('system-namespace', 'system_namespace', 'none', `Namespace ${facts.namespace} is not a system namespace.`);
}

function foreignSidecar(facts: PodFacts): Reason {
  const found = facts.containerNames.find((name) => foreignSidecars.includes(name));
  if (found === undefined)
    return reason('foreign-sidecar', 'foreign_sidecar', 'none', 'The pod has no sidecar of another mesh.');
  const message = `The pod already has the container ${found} of another mesh.`;
  return reason(
    'foreign-sidecar',
    'foreign_sidecar',
    'refuse',
    message,
    `${message} Take it out to have the pod in this mesh.`,
  );
}

function namespaceDisabled(facts: PodFacts): Reason {
  const value = own(facts.namespaceLabels, namespaceInjectionKey);
  if (value === undefined || value === 'enabled') {
    return reason(
      'namespace-disabled',
      'namespace_disabled',
      'none',
      `The namespace does not rule injection out by ${namespaceInjectionKey}.`,
    );
  }
  const message = `The namespace has ${namespaceInjectionKey}=${value}; only "enabled" injects, and nothing on the pod overrides it.`;
  const warning = value === 'disabled' ? undefined : `${message} Did you mean "enabled"?`;
  return reason('namespace-disabled', 'namespace_disabled', 'refuse', message, warning);
}

/** What selected a pod that names no revision. */
const injectionKeys = {
  namespace: `The namespace label ${namespaceInjectionKey}=enabled`,
  pod: `The pod's ${injectKey}`,
  linkerd: linkerdKey,
  default: 'Injection by default',
} as const;

function revision(facts: PodFacts): Reason {
  const chosen = select(facts);
  const podRevision = own(facts.podLabels, revisionKey);
  const ignored =
    podRevision !== undefined &&
    chosen.by !== 'pod-revision' &&
    chosen.by !== 'nothing' &&
    podRevision !== chosen.revision
      ? `The pod label ${revisionKey}=${podRevision} is ignored: the namespace already chooses the revision.`
      : undefined;
  if (chosen.by === 'nothing') return reason('revision', 'other_revision', 'none', 'No revision is asked for.');
  const resolved = resolveRevision(chosen.revision, facts);
  if (resolved.own)
    return reason('revision', 'other_revision', 'none', `Revision ${chosen.revision} is this control plane.`, ignored);
  if (resolved.installed) {
    return reason(
      'revision',
      'other_revision',
      'refuse',
      `The pod belongs to revision ${resolved.revision}, which another control plane serves.`,
      ignored,
    );
  }
  const asked = chosen.by === 'pod-revision' || chosen.by === 'namespace-revision';
  const message = asked
    ? `No control plane has the revision or tag "${chosen.revision}" that the ${chosen.by === 'pod-revision' ? 'pod' : 'namespace'} asks for by ${revisionKey}.`
    : `${injectionKeys[chosen.by]} asks for the default revision, which no control plane has: this one is "${facts.settings.revision}". Use ${revisionKey}=${facts.settings.revision}, or make it the tag "default".`;
  return reason('revision', 'revision_not_installed', 'refuse', message, message);
}

/** Spellings that mean true or false to people but not to Istio, which compares exactly. */
function misspelt(key: string, value: string): string | undefined {
  if (value === '') return undefined;
  const meant = /^(true|yes|on|1|enabled?|t|y)$/i.test(value.trim()) ? 'true' : 'false';
  return `${key}: "${value}" is neither "true" nor "false" and has no effect; did you mean "${meant}"?`;
}

function ownWord(check: string, code: ReasonCode, kind: string, value: string): Reason {
  if (value === 'true') return reason(check, code, 'inject', `The pod ${kind} ${injectKey} is "true".`);
  if (value === 'false') return reason(check, code, 'skip', `The pod ${kind} ${injectKey} is "false".`);
  return reason(
    check,
    code,
    'none',
    `The pod ${kind} ${injectKey} has a value without meaning: "${value}".`,
    misspelt(injectKey, value),
  );
}

function podLabel(facts: PodFacts): Reason {
  const value = own(facts.podLabels, injectKey);
  if (value === undefined) return reason('pod-label', 'pod_label', 'none', `The pod has no label ${injectKey}.`);
  return ownWord('pod-label', 'pod_label', 'label', value);
}

function podAnnotation(facts: PodFacts): Reason {
  const value = own(facts.podAnnotations, injectKey);
  if (value === undefined)
    return reason('pod-annotation', 'pod_annotation', 'none', `The pod has no annotation ${injectKey}.`);
  const label = own(facts.podLabels, injectKey);
  if (label !== undefined) {
    const warning =
      label === value
        ? undefined
        : `The annotation ${injectKey}: "${value}" is ignored: the label of that name, "${label}", wins.`;
    return reason(
      'pod-annotation',
      'pod_annotation',
      'none',
      `The label ${injectKey} wins over the annotation.`,
      warning,
    );
  }
  return ownWord('pod-annotation', 'pod_annotation', 'annotation', value);
}

function linkerd(facts: PodFacts): Reason {
  const verdict = linkerdVerdict(facts);
  const wrong = [own(facts.podAnnotations, linkerdKey), own(facts.namespaceAnnotations, linkerdKey)].find(
    (value) => value !== undefined && !['enabled', 'ingress', 'disabled'].includes(value),
  );
  const warning =
    wrong === undefined
      ? undefined
      : `${linkerdKey}: "${wrong}" is not a value; "enabled", "ingress" and "disabled" are. It has no effect.`;
  if (verdict === undefined) {
    return reason(
      'linkerd',
      'linkerd_annotation',
      'none',
      `Neither pod nor namespace has a valid annotation ${linkerdKey}.`,
      warning,
    );
  }
  const message = `The ${verdict.on} annotation ${linkerdKey} is "${verdict.value}".`;
  if (verdict.enabled) return reason('linkerd', 'linkerd_annotation', 'inject', message, warning);
  return reason('linkerd', 'linkerd_annotation', 'skip', message, warning);
}

function selection(facts: PodFacts): Reason {
  const chosen = select(facts);
  switch (chosen.by) {
    case 'nothing':
      return reason(
        'selection',
        'not_selected',
        'skip',
        `Neither the namespace (${namespaceInjectionKey}=enabled or ${revisionKey}) nor the pod asks for injection.`,
      );
    case 'namespace':
      return reason('selection', 'namespace_label', 'none', `The namespace has ${namespaceInjectionKey}=enabled.`);
    case 'namespace-revision':
      return reason('selection', 'revision_label', 'none', `The namespace has ${revisionKey}=${chosen.revision}.`);
    case 'pod-revision':
      return reason('selection', 'revision_label', 'none', `The pod has ${revisionKey}=${chosen.revision}.`);
    case 'default':
      return reason('selection', 'namespaces_by_default', 'none', 'Namespaces without labels are injected by default.');
    default:
      return reason('selection', 'not_selected', 'none', 'The pod asks for injection itself.');
  }
}

/** Selectors are alternatives; one without a requirement matches nothing (Istio's rule). */
function matchesAny(selectors: readonly LabelSelectorLike[], facts: PodFacts): boolean {
  return selectors.some((one) => !isEmptySelector(one) && matchesSelector(one, facts.podLabels));
}

function neverSelector(facts: PodFacts): Reason {
  return matchesAny(facts.settings.neverInjectSelector, facts)
    ? reason('never-selector', 'never_selector', 'skip', 'A neverInjectSelector matches the pod.')
    : reason('never-selector', 'never_selector', 'none', 'No neverInjectSelector matches.');
}

function alwaysSelector(facts: PodFacts): Reason {
  return matchesAny(facts.settings.alwaysInjectSelector, facts)
    ? reason('always-selector', 'always_selector', 'inject', 'An alwaysInjectSelector matches the pod.')
    : reason('always-selector', 'always_selector', 'none', 'No alwaysInjectSelector matches.');
}

function policy(facts: PodFacts): Reason {
  const by = selection(facts);
  return facts.settings.policy === 'enabled'
    ? reason('policy', by.code, 'inject', by.message)
    : reason('policy', 'policy', 'skip', 'The policy of the mesh is not to inject unless a pod asks for it.');
}
