import type { Origin } from '../../model/origin.ts';
import type { StringMatch } from './string-match.ts';

/** A host and what becomes of requests to it. Durations are milliseconds throughout. */
export interface VirtualHostIR {
  /** `reviews.default.svc.cluster.local:9080`. */
  readonly name: string;
  readonly domains: readonly string[];
  readonly routes: readonly RouteIR[];
  /** No mesh identity on the other side: nothing of ours may be told to it. */
  readonly external: boolean;
  readonly requireTls: boolean;
  readonly origins: readonly Origin[];
}

export interface RouteIR {
  readonly name: string;
  readonly match: RouteMatchIR;
  readonly action: RouteActionIR;
  readonly headers: HeaderChangesIR;
  readonly fault?: FaultIR;
  readonly cors?: CorsIR;
  /** `backend.default.svc.cluster.local:80/*`: the name of spans. */
  readonly operation: string;
  readonly statPrefix?: string;
  /** Undefined for a route that no resource asked for. */
  readonly origin?: Origin;
}

export interface RouteMatchIR {
  readonly path: PathMatchIR;
  readonly headers: readonly HeaderMatchIR[];
  readonly query: readonly { readonly name: string; readonly match: StringMatch }[];
  /** Of the request's token; only where there are any. */
  readonly claims?: readonly ClaimMatchIR[];
}

export interface ClaimMatchIR {
  /** `groups`, `team` for a claim in a claim. */
  readonly path: readonly string[];
  readonly match: StringMatch;
  readonly invert: boolean;
}

export type PathMatchIR =
  | { readonly kind: 'prefix'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'exact'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'regex'; readonly value: string };

export interface HeaderMatchIR {
  /** `:method` and its like for the pseudo headers. */
  readonly name: string;
  readonly match: StringMatch;
  readonly invert: boolean;
}

export type RouteActionIR = ForwardIR | RedirectIR | DirectResponseIR;

export interface ForwardIR {
  readonly kind: 'forward';
  /** At least one; of several, each gets its share by weight. */
  readonly destinations: readonly DestinationIR[];
  /** 0 is without limit. */
  readonly timeoutMs: number;
  readonly retry?: RetryIR;
  readonly rewrite?: RewriteIR;
  readonly hostRewrite?: string;
  readonly mirrors: readonly MirrorIR[];
  readonly hash: readonly HashPolicyIR[];
  /** The pod that the client addressed is the one that is meant: headless services. */
  readonly keepAddress: boolean;
  /** The host of the request is looked up, and may name no other port than this: else a caller could reach any. */
  readonly lookedUpPort?: number;
}

export interface DestinationIR {
  readonly cluster: string;
  readonly weight: number;
  readonly headers: HeaderChangesIR;
  readonly hostRewrite?: string;
}

export type RewriteIR =
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'regex'; readonly pattern: string; readonly substitution: string };

export interface RetryIR {
  readonly attempts: number;
  /** Envoy's words, comma-separated. */
  readonly on: string;
  readonly statusCodes: readonly number[];
  readonly perTryTimeoutMs?: number;
  readonly backoffMs?: number;
  readonly otherHost: boolean;
  readonly otherLocality: boolean;
}

export interface MirrorIR {
  readonly cluster: string;
  /** Per cent. */
  readonly percent: number;
}

export type HashPolicyIR =
  | { readonly kind: 'header'; readonly name: string }
  | {
      readonly kind: 'cookie';
      readonly name: string;
      readonly ttlMs?: number;
      readonly path: string;
      readonly attributes: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly kind: 'source-ip' }
  | { readonly kind: 'query'; readonly name: string };

export interface RedirectIR {
  readonly kind: 'redirect';
  readonly host?: string;
  readonly scheme?: string;
  readonly port?: number;
  readonly path?: string;
  readonly prefix?: string;
  readonly code: number;
}

export interface DirectResponseIR {
  readonly kind: 'direct';
  readonly status: number;
  readonly body?: string;
  /** Base64, in place of `body`. */
  readonly bytes?: string;
}

export interface HeaderChangesIR {
  readonly requestSet: readonly HeaderValue[];
  readonly requestAdd: readonly HeaderValue[];
  readonly requestRemove: readonly string[];
  readonly responseSet: readonly HeaderValue[];
  readonly responseAdd: readonly HeaderValue[];
  readonly responseRemove: readonly string[];
}

export interface HeaderValue {
  readonly name: string;
  readonly value: string;
}

export const noHeaderChanges: HeaderChangesIR = {
  requestSet: [],
  requestAdd: [],
  requestRemove: [],
  responseSet: [],
  responseAdd: [],
  responseRemove: [],
};

export interface FaultIR {
  readonly delay?: { readonly ms: number; readonly percent: number };
  readonly abort?: { readonly percent: number; readonly httpStatus?: number; readonly grpcStatus?: number };
}

export interface CorsIR {
  readonly origins: readonly StringMatch[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly expose: readonly string[];
  readonly maxAgeSeconds?: number;
  readonly credentials?: boolean;
  readonly forwardUnmatchedPreflights: boolean;
}
