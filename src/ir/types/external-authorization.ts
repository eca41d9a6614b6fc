import type { AuthorizationRuleIR } from './authorization.ts';
import type { ClusterIR } from './cluster.ts';
import type { StringMatch } from './string-match.ts';

/** Somebody who is asked about requests that a rule fits, before anything else is (action CUSTOM). */
export interface ExternalAuthorizationIR {
  readonly authorizer: AuthorizerIR;
  /** About which requests. */
  readonly rules: readonly AuthorizationRuleIR[];
}

export type AuthorizerIR = HttpAuthorizerIR | GrpcAuthorizerIR;

interface AuthorizerBase {
  /** Of the provider. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Asked by the proxy itself, so it has it whatever else it has. */
  readonly cluster: ClusterIR;
  readonly timeoutMs: number;
  /** Requests pass when it cannot be asked. */
  readonly failOpen: boolean;
  /** Undefined is 403. */
  readonly statusOnError?: number;
  readonly clearRouteCache: boolean;
  /** What of the body it is told; undefined is nothing. */
  readonly body?: { readonly maxBytes: number; readonly partial: boolean; readonly asBytes: boolean };
}

/** `envoy.service.auth.v3.Authorization` */
export interface GrpcAuthorizerIR extends AuthorizerBase {
  readonly kind: 'grpc';
}

/** A request of the same path and method; what is not 200 is a denial, and goes to the client. */
export interface HttpAuthorizerIR extends AuthorizerBase {
  readonly kind: 'http';
  readonly pathPrefix: string;
  /** Headers of the request that it is told. */
  readonly told: readonly StringMatch[];
  readonly added: readonly { readonly name: string; readonly value: string }[];
  /** Headers of its answer that go to the app, and to the client. */
  readonly toApp: readonly StringMatch[];
  readonly toDenied: readonly StringMatch[];
  readonly toAllowed: readonly StringMatch[];
}
