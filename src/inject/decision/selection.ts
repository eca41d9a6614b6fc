import type { PodFacts } from '../review/request.ts';

export const injectKey = 'sidecar.istio.io/inject';
export const revisionKey = 'istio.io/rev';
export const namespaceInjectionKey = 'istio-injection';
export const linkerdKey = 'linkerd.io/inject';

/**
 * Which of the webhook's entries picks the pod, if any: Istio's gate A (`reference` truth table), with one
 * addition: the annotation `sidecar.istio.io/inject: "true"` stands in for the label of that name, and
 * `linkerd.io/inject` opts in as it does with Linkerd.
 *
 * | ns istio-injection | ns istio.io/rev | pod inject | pod istio.io/rev | selection |
 * |---|---|---|---|---|
 * | enabled | any | not "false" | any | namespace, revision default |
 * | absent | R | not "false" | any | revision R, by the namespace |
 * | absent | absent | not "false" | R | revision R, by the pod |
 * | absent | absent | "true" | absent | pod, revision default |
 * | absent | absent | absent | absent | by default, where the setting says so |
 */
export interface Selection {
  readonly by: 'namespace' | 'namespace-revision' | 'pod-revision' | 'pod' | 'linkerd' | 'default' | 'nothing';
  /** The revision or tag as written; `default` where none is. */
  readonly revision: string;
}

const nothing: Selection = { by: 'nothing', revision: '' };

export function select(facts: PodFacts): Selection {
  const namespaceInjection = own(facts.namespaceLabels, namespaceInjectionKey);
  if (namespaceInjection !== undefined && namespaceInjection !== 'enabled') return nothing;
  if (namespaceInjection === 'enabled') return { by: 'namespace', revision: 'default' };
  const namespaceRevision = own(facts.namespaceLabels, revisionKey);
  if (namespaceRevision !== undefined) return { by: 'namespace-revision', revision: namespaceRevision };
  const podRevision = own(facts.podLabels, revisionKey);
  if (podRevision !== undefined) return { by: 'pod-revision', revision: podRevision };
  if (own(facts.podLabels, injectKey) === 'true') return { by: 'pod', revision: 'default' };
  if (!Object.hasOwn(facts.podLabels, injectKey)) {
    if (own(facts.podAnnotations, injectKey) === 'true') return { by: 'pod', revision: 'default' };
    if (linkerdVerdict(facts)?.enabled === true) return { by: 'linkerd', revision: 'default' };
    if (facts.settings.enableNamespacesByDefault) return { by: 'default', revision: 'default' };
  }
  return nothing;
}

/** `linkerd.io/inject` of the pod, else of its namespace; undefined where neither has a valid value. */
export function linkerdVerdict(
  facts: PodFacts,
): { enabled: boolean; value: string; on: 'pod' | 'namespace' } | undefined {
  for (const on of ['pod', 'namespace'] as const) {
    const value = own(on === 'pod' ? facts.podAnnotations : facts.namespaceAnnotations, linkerdKey);
    if (value === 'enabled' || value === 'ingress') return { enabled: true, value, on };
    if (value === 'disabled') return { enabled: false, value, on };
  }
  return undefined;
}

/** The revision that a revision or tag name stands for. */
export function resolveRevision(name: string, facts: PodFacts): { revision: string; installed: boolean; own: boolean } {
  const { settings } = facts;
  const revision = own(settings.tags, name) ?? name;
  const isOwn = revision === settings.revision;
  return { revision, own: isOwn, installed: isOwn || settings.otherRevisions.includes(revision) };
}

/** A key of a map that came from outside; never one of the prototype. */
export function own(map: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
