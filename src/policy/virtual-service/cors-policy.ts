import type { CorsIR } from '../../ir/types/route.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { CorsPolicy } from '../../schema/virtual-service/cors.ts';
import { stringMatchOf } from './string-match.ts';

export function corsOf(cors: CorsPolicy | undefined): CorsIR | undefined {
  if (cors === undefined) return undefined;
  const given = cors.allowOrigins?.map(stringMatchOf) ?? [];
  const old = (cors.allowOrigin ?? []).map((value) =>
    value === '*' ? stringMatchOf({ regex: '.*' }) : stringMatchOf({ exact: value }),
  );
  return {
    origins: given.length > 0 ? given : old,
    methods: cors.allowMethods ?? [],
    headers: cors.allowHeaders ?? [],
    expose: cors.exposeHeaders ?? [],
    ...(cors.maxAge === undefined ? {} : { maxAgeSeconds: Math.floor((parseDuration(cors.maxAge) ?? 0) / 1000) }),
    ...(cors.allowCredentials === undefined ? {} : { credentials: cors.allowCredentials }),
    forwardUnmatchedPreflights: cors.unmatchedPreflights !== 'IGNORE',
  };
}
