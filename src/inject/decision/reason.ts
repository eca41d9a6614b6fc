/**
 * What one check has to say. `refuse` and `skip` leave the pod alone, `inject` injects, `none` has no say.
 * The first check of the order that has a say decides; all are run, so that a reader sees every reason.
 */
export type Verdict = 'refuse' | 'skip' | 'inject' | 'none';

export type ReasonCode =
  | 'host_network'
  | 'system_namespace'
  | 'foreign_sidecar'
  | 'emergency'
  | 'namespace_disabled'
  | 'revision_not_installed'
  | 'other_revision'
  | 'pod_label'
  | 'pod_annotation'
  | 'linkerd_annotation'
  | 'not_selected'
  | 'never_selector'
  | 'always_selector'
  | 'namespace_label'
  | 'revision_label'
  | 'namespaces_by_default'
  | 'policy';

export interface Reason {
  readonly check: string;
  readonly code: ReasonCode;
  readonly verdict: Verdict;
  /** One sentence for a person. */
  readonly message: string;
  /** What the user probably meant; becomes an admission warning. */
  readonly warning?: string;
}

export interface Decision {
  readonly inject: boolean;
  /** The code of the reason that decided. */
  readonly decidedBy: ReasonCode;
  readonly message: string;
  /** Every check's reason, in order. */
  readonly reasons: readonly Reason[];
  readonly warnings: readonly string[];
}
