/**
 * Whose refusal an answer is, by Envoy's details of it: '' where it is the app's answer, or none. Statuses do not tell, for apps answer
 * 401 and 403, too. https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/response_code_details
 */
export function refusalOf(details: string): string {
  const [, matched] = /^rbac_access_denied_matched_policy\[(.*)\]$/s.exec(details) ?? [];
  if (matched !== undefined)
    return matched === 'none' ? 'AuthorizationPolicy: no ALLOW rule matches' : policyOf(matched);
  const [, why] = /^jwt_authn_access_denied\{(.*)\}$/s.exec(details) ?? [];
  if (why !== undefined) return `RequestAuthentication: ${why.replaceAll('_', ' ')}`;
  if (/^ext_authz_(denied|error)$/.test(details))
    return `AuthorizationPolicy CUSTOM: the authorizer ${details.endsWith('error') ? 'does not answer' : 'says no'}`;
  return '';
}

/** As the policies are named in configuration: `ns[shop]-policy[cart]-rule[0]`. */
function policyOf(name: string): string {
  const [, namespace, policy, rule] = /^ns\[(.*)\]-policy\[(.*)\]-rule\[(\d+)\]$/s.exec(name) ?? [];
  return namespace === undefined
    ? `AuthorizationPolicy ${name}`
    : `AuthorizationPolicy ${namespace}/${policy}, rule ${rule}`;
}
