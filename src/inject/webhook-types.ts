import type { InjectRequest } from './review/request.ts';

/** The parts of the injector's outcome that the webhook needs. */
export interface Answered {
  readonly decision: {
    readonly inject: boolean;
    /** The code of the reason that decided. */
    readonly decidedBy: string;
    /** The sentence of that reason. */
    readonly message: string;
  };
  /** RFC 6902 in base64; '' when the pod stays as it is. */
  readonly patchBase64: string;
  /** Before base64. */
  readonly patchBytes: number;
  readonly warnings: readonly string[];
}

/** Throws OutriggerError when the pod must be refused. */
export interface PodInjector {
  inject(request: InjectRequest): Answered;
}

/**
 * injected: a patch was sent, or the pod has all of it already. skipped: the decision says no. ignored: not the
 * creation of a pod. rejected: a coded refusal. failed: an unexpected error, refused too. malformed: no admission
 * review at all, answered with an HTTP error.
 */
export type OutcomeName = 'injected' | 'skipped' | 'ignored' | 'rejected' | 'failed' | 'malformed';

/** One answered request as plain data: for metrics, the log line and Kubernetes Events. */
export interface OutcomeEvent {
  readonly outcome: OutcomeName;
  readonly uid: string;
  readonly namespace: string;
  /** `metadata.name`, or `metadata.generateName` followed by `*` while the name is not made yet. */
  readonly pod: string;
  /** The controlling owner; an Event on a pod that was refused belongs there. */
  readonly owner: OwnerSummary | undefined;
  /** True: no side effect may follow (no Event); metrics and logs are fine. */
  readonly dryRun: boolean;
  /** Code of the deciding reason; '' when no decision was made. */
  readonly reason: string;
  /** The sentence of the deciding reason; '' when no decision was made. */
  readonly message: string;
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string } | undefined;
  readonly patchBytes: number;
  /** Milliseconds from the whole body in memory to the answer in memory. */
  readonly durationMs: number;
}

export interface OwnerSummary {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export type OutcomeListener = (event: OutcomeEvent) => void;
