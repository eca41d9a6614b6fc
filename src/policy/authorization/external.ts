import type { AuthorizationRuleIR } from '../../ir/types/authorization.ts';
import type { ClusterIR } from '../../ir/types/cluster.ts';
import type { AuthorizerIR, ExternalAuthorizationIR } from '../../ir/types/external-authorization.ts';
import type { StringMatch } from '../../ir/types/string-match.ts';
import type { ExtensionProvider, GrpcAuthorizer } from '../../model/extension-provider.ts';
import type { Origin } from '../../model/origin.ts';
import type { Config } from '../../registry/snapshot.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { AuthorizationPolicy } from '../../schema/kinds.ts';
import { authorizationRulesOf } from './rules.ts';
import { type AuthorizationQuery, holdsFor, isEnforced } from './select.ts';
import { stringRule } from './values.ts';

/** `[namespace/]host` and a port. */
export type AuthorizerLookup = (service: string, port: number) => ClusterIR | undefined;

export interface ExternalQuery extends AuthorizationQuery {
  readonly providers: readonly ExtensionProvider[];
  readonly clusterOf: AuthorizerLookup;
}

export interface CustomVerdict {
  readonly external?: ExternalAuthorizationIR;
  /** Nobody can be asked: what the policies are for is denied, as in Istio. */
  readonly refused: readonly AuthorizationRuleIR[];
  readonly problem?: { readonly message: string; readonly origins: readonly Origin[] };
}

/** A policy of CUSTOM that is tried out (`istio.io/dry-run`) asks nobody. */
export function isCustom(config: Config<AuthorizationPolicy>): boolean {
  return config.spec.action === 'CUSTOM' && isEnforced(config);
}

/** Who is asked about requests to a workload: of several providers Istio asks none, and so do we. */
export function externalAuthorizationFor(
  configs: readonly Config<AuthorizationPolicy>[],
  query: ExternalQuery,
): CustomVerdict {
  const found = configs.filter((config) => isCustom(config) && holdsFor(config, query));
  if (found.length === 0) return { refused: [] };
  const rules = found.flatMap((config) => authorizationRulesOf(config, query.trustDomains));
  const names = [...new Set(found.map(({ spec }) => spec.provider?.name ?? ''))];
  const authorizer = names.length === 1 ? authorizerOf(names[0] ?? '', query) : severalOf(names);
  if (typeof authorizer !== 'string') return { external: { authorizer, rules }, refused: [] };
  const refused = rules.map((rule) => ({ ...rule, name: `${rule.name}-deny-due-to-bad-CUSTOM-action` }));
  const message = `${authorizer}: what the policy is for is denied`;
  return { refused, problem: { message, origins: found.map(({ origin }) => origin) } };
}

const severalOf = (names: readonly string[]) =>
  `policies of one workload name several providers (${names.join(', ')}), of which none is asked`;

function authorizerOf(name: string, { providers, clusterOf }: ExternalQuery): AuthorizerIR | string {
  const provider = providers.find((candidate) => candidate.name === name);
  const given = provider?.envoyExtAuthzHttp ?? provider?.envoyExtAuthzGrpc;
  if (provider === undefined || given === undefined)
    return `mesh.extensionProviders has no ${JSON.stringify(name)} of envoyExtAuthzHttp or envoyExtAuthzGrpc`;
  const cluster = clusterOf(given.service, given.port);
  if (cluster === undefined)
    return `the service ${given.service}, port ${given.port}, of the provider ${JSON.stringify(name)} is not known here`;
  const base = { name, cluster, ...baseOf(given) };
  const { envoyExtAuthzHttp: http } = provider;
  if (http === undefined) return { kind: 'grpc', ...base };
  return {
    kind: 'http',
    ...base,
    pathPrefix: http.pathPrefix ?? '',
    told: headerRules([...(http.includeRequestHeadersInCheck ?? []), ...(http.includeHeadersInCheck ?? [])]),
    added: Object.entries(http.includeAdditionalHeadersInCheck ?? {})
      .map(([header, value]) => ({ name: header, value }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    toApp: headerRules(http.headersToUpstreamOnAllow),
    toDenied: headerRules(http.headersToDownstreamOnDeny),
    toAllowed: headerRules(http.headersToDownstreamOnAllow),
  };
}

const tenMinutes = 600_000;

function baseOf(given: GrpcAuthorizer): Omit<AuthorizerIR & { kind: 'grpc' }, 'kind' | 'name' | 'cluster'> {
  const { includeRequestBodyInCheck: body } = given;
  return {
    host: given.service.slice(given.service.indexOf('/') + 1),
    port: given.port,
    timeoutMs: parseDuration(given.timeout ?? '') ?? tenMinutes,
    failOpen: given.failOpen ?? false,
    clearRouteCache: given.clearRouteCache ?? false,
    ...(given.statusOnError === undefined ? {} : { statusOnError: Number(given.statusOnError) }),
    ...(body === undefined
      ? {}
      : {
          body: {
            maxBytes: body.maxRequestBytes ?? 1024,
            partial: body.allowPartialMessage ?? false,
            asBytes: body.packAsBytes ?? false,
          },
        }),
  };
}

function headerRules(names: readonly string[] = []): StringMatch[] {
  return names.map((name) => {
    const rule = stringRule(name);
    return rule.kind === 'regex' || rule.kind === 'present' ? rule : { ...rule, ignoreCase: true };
  });
}
