import type { Origin } from '../../model/origin.ts';
import type { StringMatch } from './string-match.ts';

export type AuthorizationAction = 'allow' | 'deny' | 'audit';

/** The policies of one action that hold for a workload; in Envoy they are one filter. */
export interface AuthorizationIR {
  readonly action: AuthorizationAction;
  readonly rules: readonly AuthorizationRuleIR[];
  /** Would-be verdicts only (`istio.io/dry-run`). */
  readonly shadow: readonly AuthorizationRuleIR[];
}

export interface AuthorizationRuleIR {
  /** `ns[default]-policy[backend]-rule[0]` */
  readonly name: string;
  /** One of them must hold, and in it all. A rule without alternatives never holds; an empty alternative always does. */
  readonly operations: readonly (readonly PermissionIR[])[];
  readonly sources: readonly (readonly PrincipalIR[])[];
  readonly origin: Origin;
}

/** One of `any` must hold and none of `not`; where `any` is empty, only `not` counts. */
export interface PermissionIR {
  readonly on: PermissionAttribute;
  readonly any: readonly PermissionValueIR[];
  readonly not: readonly PermissionValueIR[];
}

/** Text for hosts, methods, paths and server names; paths may be templates of Envoy (`*` and `**` as segments). */
export type PermissionValueIR =
  | { readonly kind: 'text'; readonly match: StringMatch }
  /** Of metadata that is a list: one of its texts. */
  | { readonly kind: 'item'; readonly match: StringMatch }
  | { readonly kind: 'template'; readonly value: string }
  | { readonly kind: 'port'; readonly value: number }
  | { readonly kind: 'cidr'; readonly value: string };

export type PermissionAttribute =
  | ('hosts' | 'methods' | 'paths' | 'ports' | 'destination-ip' | 'sni')
  /** What a filter before this one left, by its name. */
  | { readonly kind: 'metadata'; readonly filter: string; readonly key: string };

export interface PrincipalIR {
  readonly on: PrincipalAttribute;
  readonly any: readonly PrincipalValueIR[];
  readonly not: readonly PrincipalValueIR[];
}

export type PrincipalAttribute =
  | { readonly kind: 'identity' }
  | { readonly kind: 'direct-ip' }
  | { readonly kind: 'remote-ip' }
  | { readonly kind: 'header'; readonly name: string }
  /** The issuer and subject of the request's token. */
  | { readonly kind: 'request-principal' }
  | { readonly kind: 'claim'; readonly path: readonly string[] };

/** Text for identities, headers and claims, a CIDR for addresses, issuer and subject for request principals. */
export type PrincipalValueIR =
  | { readonly kind: 'text'; readonly match: StringMatch }
  | { readonly kind: 'cidr'; readonly value: string }
  | { readonly kind: 'principal'; readonly issuer: StringMatch; readonly subject: StringMatch };
