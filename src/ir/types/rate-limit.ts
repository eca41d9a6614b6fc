import type { Origin } from '../../model/origin.ts';
import type { ClusterIR } from './cluster.ts';
import type { StringMatch } from './string-match.ts';

/** How many requests a workload takes. All limits must hold. */
export interface RateLimitsIR {
  /** Counted by each proxy for itself. */
  readonly local: readonly RateLimitIR[];
  /** Counted by a service for all proxies. */
  readonly global?: GlobalRateLimitsIR;
  /** Services that cannot be asked. */
  readonly problems: readonly { readonly message: string; readonly origins: readonly Origin[] }[];
}

export type RateUnit = 'second' | 'minute' | 'hour' | 'day';

export interface RateLimitIR {
  /** `namespace/name/0`, the last part being the place in the list of limits. */
  readonly id: string;
  /** Which requests; all of these must fit. `:path`, `:method` and `:authority` are headers, too. */
  readonly match: readonly { readonly name: string; readonly match: StringMatch }[];
  /** Counted by itself for each combination of these. */
  readonly per: readonly RateKeyIR[];
  /** 0 lets none by. */
  readonly requests: number;
  readonly unit: RateUnit;
  /** How many may come at once. */
  readonly burst: number;
  readonly origin: Origin;
}

/** Requests without the header are not counted. */
export type RateKeyIR = { readonly kind: 'header'; readonly name: string } | { readonly kind: 'address' };

/** `envoy.service.ratelimit.v3.RateLimitService` */
export interface GlobalRateLimitsIR {
  readonly host: string;
  /** Asked by the proxy itself, so it has it whatever else it has. */
  readonly cluster: ClusterIR;
  readonly domain: string;
  readonly timeoutMs: number;
  /** Requests pass when it cannot be asked. */
  readonly failOpen: boolean;
  readonly limits: readonly RateLimitIR[];
}
