import type { AuthorizerIR, ExternalAuthorizationIR, HttpAuthorizerIR } from '../../ir/types/external-authorization.ts';
import type { StringMatch } from '../../ir/types/string-match.ts';
import type { Message } from '../resource.ts';
import { policiesOf } from './authorization.ts';
import { duration, given } from './common.ts';
import { translateStringMatch } from './string-match.ts';

const idStart = 'istio-ext-authz-';
/** Before the names of what the rules leave in the metadata. */
export const askedPrefix = 'istio_ext_authz_';

/** Rules that let everything by and leave a note where one fits. */
export function translateAsked({ authorizer, rules }: ExternalAuthorizationIR): Message {
  const named = rules.map((rule) => ({ ...rule, name: `${idStart}${authorizer.name}-${rule.name}` }));
  return {
    shadow_rules: { action: 'DENY', policies: policiesOf(named) },
    shadow_rules_stat_prefix: askedPrefix,
  };
}

/** Where that note is; by whom it is answered is not asked, since there is one at a time. */
function noteOf(filter: string): Message {
  return {
    filter,
    path: [{ key: `${askedPrefix}shadow_effective_policy_id` }],
    value: { string_match: { prefix: idStart } },
  };
}

/** The body of envoy.filters.http.ext_authz. */
export function translateHttpCheck(authorizer: AuthorizerIR): Message {
  const { body, statusOnError } = authorizer;
  return given({
    ...(authorizer.kind === 'grpc' ? grpcOf(authorizer) : httpOf(authorizer)),
    failure_mode_allow: authorizer.failOpen ? true : undefined,
    status_on_error: statusOnError === undefined ? undefined : { code: statusOnError },
    with_request_body: body && {
      max_request_bytes: body.maxBytes,
      allow_partial_message: body.partial,
      pack_as_bytes: body.asBytes,
    },
    clear_route_cache: authorizer.clearRouteCache ? true : undefined,
    transport_api_version: 'V3',
    filter_enabled_metadata: noteOf('envoy.filters.http.rbac'),
  });
}

/** The body of envoy.filters.network.ext_authz, for those who can be asked about connections. */
export function translateConnectionCheck(authorizer: AuthorizerIR & { readonly kind: 'grpc' }): Message {
  return given({
    stat_prefix: 'tcp.',
    ...grpcOf(authorizer),
    failure_mode_allow: authorizer.failOpen ? true : undefined,
    transport_api_version: 'V3',
    filter_enabled_metadata: noteOf('envoy.filters.network.rbac'),
  });
}

function grpcOf({ cluster, host, timeoutMs }: AuthorizerIR): Message {
  return {
    grpc_service: { envoy_grpc: { cluster_name: cluster.name, authority: host }, timeout: duration(timeoutMs) },
  };
}

function httpOf(authorizer: HttpAuthorizerIR): Message {
  const { host, port, cluster, timeoutMs, pathPrefix, told, added, toApp, toDenied, toAllowed } = authorizer;
  const uri = { uri: `http://${host}:${port}`, cluster: cluster.name, timeout: duration(timeoutMs) };
  const answer = given({
    allowed_upstream_headers: patterns(toApp),
    allowed_client_headers: patterns(toDenied),
    allowed_client_headers_on_success: patterns(toAllowed),
  });
  const add = added.map(({ name, value }) => ({ key: name, value }));
  return given({
    http_service: given({
      server_uri: uri,
      path_prefix: pathPrefix === '' ? undefined : pathPrefix,
      authorization_request: add.length === 0 ? undefined : { headers_to_add: add },
      authorization_response: Object.keys(answer).length === 0 ? undefined : answer,
    }),
    allowed_headers: patterns(told),
  });
}

function patterns(rules: readonly StringMatch[]): Message | undefined {
  return rules.length === 0 ? undefined : { patterns: rules.map(translateStringMatch) };
}
