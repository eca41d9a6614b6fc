import type { CorsIR } from '../../ir/types/route.ts';
import type { Message } from '../resource.ts';
import { any, extension, given } from '../translate/common.ts';
import { translateStringMatch } from '../translate/string-match.ts';

const name = 'envoy.filters.http.cors';

/** Does nothing but where a route says so. */
export const corsFilter: Message = extension(name, 'extensions.filters.http.cors.v3.Cors');

export function corsOfRoute(cors: CorsIR | undefined): Message {
  if (cors === undefined) return {};
  const joined = (values: readonly string[]) => (values.length === 0 ? undefined : values.join(','));
  return {
    [name]: any(
      'extensions.filters.http.cors.v3.CorsPolicy',
      given({
        allow_origin_string_match: cors.origins.map(translateStringMatch),
        allow_methods: joined(cors.methods),
        allow_headers: joined(cors.headers),
        expose_headers: joined(cors.expose),
        max_age: cors.maxAgeSeconds === undefined ? undefined : String(cors.maxAgeSeconds),
        allow_credentials: cors.credentials,
        filter_enabled: { default_value: { numerator: 100 } },
        forward_not_matching_preflights: cors.forwardUnmatchedPreflights,
      }),
    ),
  };
}
