import type { ErrorCode } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import type { Origin } from '../model/origin.ts';

/** Something of a dialect that is not as its author meant it; shaped as the registry tells problems. */
export interface DialectProblem {
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode;
  readonly message: string;
  readonly origin: Origin;
}

export type Tell = (problem: DialectProblem) => void;

/** One HTTP rule as a VirtualService has it, and whose it is. */
export interface DialectRule {
  readonly rule: JsonObject;
  readonly origin: Origin;
}

/** Who wins for one host in sidecars, the strongest first. VirtualServices of users come before all of them. */
export const ranks = ['consumer-route', 'producer-route', 'consumer-profile', 'producer-profile'] as const;
export type Rank = (typeof ranks)[number];

/** What a dialect says of requests of sidecars to a host. */
export interface HostRules {
  readonly host: string;
  /** Of the service, or of the only clients that it is for. */
  readonly namespace: string;
  readonly rank: Rank;
  readonly rules: readonly DialectRule[];
  /** A rule of a VirtualService for connections of which no more is known. */
  readonly tcp?: JsonObject;
  /** The resources that say it. */
  readonly origins: readonly Origin[];
}
