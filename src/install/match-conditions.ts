/** What CEL sees of a pod, for the predicates that repeat the expressions. */
export interface PodView {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
}

/**
 * A condition of a webhook entry: the API server calls only when all are true. `holds` says the same in
 * TypeScript for `check`, `preview` and unit tests; test/cluster holds the two together on a real API server.
 * CEL of admission: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchconditions
 */
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
  holds(pod: PodView): boolean;
}

const injectKey = 'sidecar.istio.io/inject';
const linkerdKey = 'linkerd.io/inject';

const hasLabel = `"${injectKey}" in object.metadata.?labels.orValue({})`;
const label = `object.metadata.?labels[?"${injectKey}"].orValue("")`;
const annotation = `object.metadata.?annotations[?"${injectKey}"].orValue("")`;
const linkerd = `object.metadata.?annotations[?"${linkerdKey}"].orValue("")`;

/** A pod on its node's network is never injected; a CNI or node agent must start without the webhook. */
export const ownNetwork: MatchCondition = {
  name: 'own-network',
  expression: '!object.spec.?hostNetwork.orValue(false)',
  holds: (pod) => !pod.hostNetwork,
};

/** The pod says no by annotation. Label before annotation before Linkerd's, as in the decision. */
export const notOptedOut: MatchCondition = {
  name: 'not-opted-out',
  expression:
    `${label} == "true" || (!(${hasLabel}) && ${annotation} == "true") || ` +
    `((${hasLabel} || ${annotation} != "false") && ${linkerd} != "disabled")`,
  holds: (pod) => {
    const labelled = has(pod.labels, injectKey);
    const said = get(pod.annotations, injectKey);
    if (get(pod.labels, injectKey) === 'true' || (!labelled && said === 'true')) return true;
    return (labelled || said !== 'false') && get(pod.annotations, linkerdKey) !== 'disabled';
  },
};

/** The annotation alone opts a pod in; a label of the name makes the annotation mute, not Linkerd's. */
export const asksByAnnotation: MatchCondition = {
  name: 'asks-by-annotation',
  expression:
    `(!(${hasLabel}) && ${annotation} == "true") || ` +
    `((${hasLabel} || ${annotation} != "false") && ${linkerd} in ["enabled", "ingress"])`,
  holds: (pod) => {
    const labelled = has(pod.labels, injectKey);
    const said = get(pod.annotations, injectKey);
    if (!labelled && said === 'true') return true;
    return (labelled || said !== 'false') && ['enabled', 'ingress'].includes(get(pod.annotations, linkerdKey));
  },
};

/** A value that means nothing ("True", "yes") and would go unnoticed: the pod is told so. */
export const misspelt: MatchCondition = {
  name: 'misspelt',
  expression:
    `${hasLabel} ? !(${label} in ["", "true", "false"]) : ` +
    `!(${annotation} in ["", "true", "false"]) || !(${linkerd} in ["", "enabled", "ingress", "disabled"])`,
  holds: (pod) => {
    if (has(pod.labels, injectKey)) return !['', 'true', 'false'].includes(get(pod.labels, injectKey));
    return (
      !['', 'true', 'false'].includes(get(pod.annotations, injectKey)) ||
      !['', 'enabled', 'ingress', 'disabled'].includes(get(pod.annotations, linkerdKey))
    );
  },
};

export function not(condition: MatchCondition): MatchCondition {
  return {
    name: `not-${condition.name}`,
    expression: `!(${condition.expression})`,
    holds: (pod) => !condition.holds(pod),
  };
}

function has(map: Readonly<Record<string, string>>, key: string): boolean {
  return Object.hasOwn(map, key);
}

function get(map: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(map, key) ? (map[key] ?? '') : '';
}
