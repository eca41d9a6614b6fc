import type { ReasonCode, Verdict } from './reason.ts';

/** What each code means, in one sentence; `docs/reasons.md` is generated from this table (`npm run docs`). */
export const reasonTexts: Readonly<Record<ReasonCode, string>> = {
  host_network: 'The pod uses the network of its node (`hostNetwork: true`).',
  system_namespace:
    'The namespace is kube-system, kube-public, kube-node-lease, local-path-storage or the one of the control plane (`injection.systemNamespace`).',
  foreign_sidecar: 'The pod has a container of another mesh (Linkerd, Kuma or Consul).',
  emergency: 'An Emergency of the level `inject` holds for the pod, which would have been injected.',
  namespace_disabled: 'The namespace label `istio-injection` has a value other than `enabled`.',
  revision_not_installed:
    'The label `istio.io/rev` of the namespace or pod names a revision or tag that no control plane has.',
  other_revision: 'The label `istio.io/rev` of the namespace or pod names a revision of another control plane.',
  pod_label: 'The pod label `sidecar.istio.io/inject` is "true" or "false".',
  pod_annotation:
    'The pod annotation `sidecar.istio.io/inject` is "true" or "false", and the pod has no label of that name.',
  linkerd_annotation: 'The annotation `linkerd.io/inject` of the pod, else of its namespace, has a valid value.',
  not_selected: 'No label or annotation of the pod or its namespace asks for injection.',
  never_selector: 'One of `injection.neverInjectSelector` matches the labels of the pod.',
  always_selector: 'One of `injection.alwaysInjectSelector` matches the labels of the pod.',
  namespace_label: 'The namespace has the label `istio-injection: enabled`.',
  revision_label: 'The label `istio.io/rev` of the namespace or pod names this control plane.',
  namespaces_by_default: 'No label says anything, and `injection.enableNamespacesByDefault` is on.',
  policy: '`injection.policy` is `disabled`, and the pod does not ask for injection itself.',
};

/** What a code says when it decides. A check that has no say gives its code with the verdict `none`. */
export const reasonVerdicts: Readonly<Record<ReasonCode, readonly Exclude<Verdict, 'none'>[]>> = {
  host_network: ['refuse'],
  system_namespace: ['refuse'],
  foreign_sidecar: ['refuse'],
  emergency: ['skip'],
  namespace_disabled: ['refuse'],
  revision_not_installed: ['refuse'],
  other_revision: ['refuse'],
  pod_label: ['inject', 'skip'],
  pod_annotation: ['inject', 'skip'],
  linkerd_annotation: ['inject', 'skip'],
  not_selected: ['skip'],
  never_selector: ['skip'],
  always_selector: ['inject'],
  namespace_label: ['inject'],
  revision_label: ['inject'],
  namespaces_by_default: ['inject'],
  policy: ['skip'],
};
