/** An answered admission, as far as an Event tells of it. `OutcomeEvent` of the webhook has this shape. */
export interface AdmissionOutcome {
  readonly outcome: string;
  readonly namespace: string;
  /** The name, or `generateName` with a `*` behind it while there is no name. */
  readonly pod: string;
  /** The controller of the pod. */
  readonly owner: ObjectReference | undefined;
  readonly dryRun: boolean;
  /** The sentence of the deciding reason. */
  readonly message: string;
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string } | undefined;
}

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid?: string;
}

/** What an Event says, without its times and counts. */
export interface Notice {
  readonly about: ObjectReference;
  readonly namespace: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: 'InjectionSkipped' | 'InjectionRejected' | 'InjectionWarning';
  readonly note: string;
}

/** What the API server takes in `note`, and `kubectl describe` shows; characters. */
const longestNote = 1024;

/**
 * | outcome | Event |
 * |---|---|
 * | dry run, or injected without a warning, or no pod | none: nothing happened that a user has to know |
 * | rejected, failed | Warning InjectionRejected |
 * | skipped | Normal InjectionSkipped, Warning when there is a warning with it |
 * | injected with warnings | Warning InjectionWarning |
 *
 * Messages name annotation keys and values of the pod, never an environment or a Secret. Pure.
 */
export function describeOutcome(outcome: AdmissionOutcome): Notice | undefined {
  if (outcome.dryRun || outcome.namespace === '') return undefined;
  const common = { about: subjectOf(outcome), namespace: outcome.namespace };
  const pod = `Pod ${outcome.pod}: `;
  if (outcome.outcome === 'rejected' || outcome.outcome === 'failed') {
    const { code = '', message = '', remedy = '' } = outcome.error ?? {};
    const sentence = message.startsWith(code) ? message : `${code} ${message}`;
    return { ...common, type: 'Warning', reason: 'InjectionRejected', note: cut(`${pod}${sentence} ${remedy}`) };
  }
  const warned = outcome.warnings.length > 0;
  if (outcome.outcome === 'skipped') {
    const sentences = [outcome.message, ...outcome.warnings.filter((warning) => warning !== outcome.message)];
    const type = warned ? 'Warning' : 'Normal';
    return { ...common, type, reason: 'InjectionSkipped', note: cut(`${pod}not injected. ${sentences.join(' ')}`) };
  }
  if (outcome.outcome !== 'injected' || !warned) return undefined;
  return { ...common, type: 'Warning', reason: 'InjectionWarning', note: cut(`${pod}${outcome.warnings.join(' ')}`) };
}

/**
 * The controller, as the pod names it (a ReplicaSet, not its Deployment: no right to read workloads is needed).
 * A bare pod stands for itself, without a uid, which it gets only after admission; one whose name is not made
 * yet, too, is an affair of its namespace.
 */
function subjectOf(outcome: AdmissionOutcome): ObjectReference {
  if (outcome.owner !== undefined) return outcome.owner;
  const named = outcome.pod !== '' && !outcome.pod.endsWith('*');
  return named
    ? { apiVersion: 'v1', kind: 'Pod', name: outcome.pod }
    : { apiVersion: 'v1', kind: 'Namespace', name: outcome.namespace };
}

function cut(text: string): string {
  const tidy = text.trim();
  return tidy.length <= longestNote ? tidy : `${tidy.slice(0, longestNote - 1)}…`;
}
