import type { DirectResponseIR, RedirectIR, RewriteIR } from '../../ir/types/route.ts';
import type { HttpRoute } from '../../schema/virtual-service/http-route.ts';

/** A redirect; ports that are those of the scheme are left out of the new address, as clients expect. */
export function redirectOf(redirect: NonNullable<HttpRoute['redirect']>, listenerPort: number): RedirectIR {
  const { scheme, uri, prefixRewrite, authority, redirectCode = 301 } = redirect;
  const port = redirect.port ?? (redirect.derivePort === 'FROM_REQUEST_PORT' ? listenerPort : undefined);
  const usual = (scheme === 'http' && port === 80) || (scheme === 'https' && port === 443);
  return {
    kind: 'redirect',
    code: redirectCode,
    ...(authority === undefined ? {} : { host: authority }),
    ...(scheme === undefined ? {} : { scheme }),
    ...(port === undefined || usual ? {} : { port }),
    ...(uri === undefined ? {} : { path: uri }),
    ...(prefixRewrite === undefined ? {} : { prefix: prefixRewrite }),
  };
}

export function directResponseOf({ status, body }: NonNullable<HttpRoute['directResponse']>): DirectResponseIR {
  return {
    kind: 'direct',
    status,
    ...(body?.string === undefined ? {} : { body: body.string }),
    ...(body?.bytes === undefined ? {} : { bytes: body.bytes }),
  };
}

export function rewriteOf(rewrite: HttpRoute['rewrite']): RewriteIR | undefined {
  const regex = rewrite?.uriRegexRewrite;
  if (regex !== undefined) return { kind: 'regex', pattern: regex.match, substitution: regex.rewrite ?? '' };
  return rewrite?.uri === undefined ? undefined : { kind: 'prefix', value: rewrite.uri };
}
