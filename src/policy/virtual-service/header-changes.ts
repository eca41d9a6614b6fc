import type { HeaderChangesIR, HeaderValue } from '../../ir/types/route.ts';
import type { Headers } from '../../schema/common/header.ts';
import { asFormat } from './header-format.ts';

export interface HeaderPlan {
  readonly changes: HeaderChangesIR;
  /** Setting the authority is a rewrite of the host. */
  readonly hostRewrite: string | undefined;
}

/** Operations on headers; `host` and pseudo headers cannot be changed, but for the authority of requests. */
export function headerChangesOf(...given: readonly (Headers | undefined)[]): HeaderPlan {
  const all = given.flatMap((headers) => headers ?? []);
  const authority = all.flatMap(({ request }) =>
    Object.entries(request?.set ?? {}).flatMap(([name, value]) => (isAuthority(name) ? [value] : [])),
  );
  return {
    changes: {
      requestSet: all.flatMap(({ request }) => values(request?.set)),
      requestAdd: all.flatMap(({ request }) => values(request?.add)),
      requestRemove: all.flatMap(({ request }) => request?.remove ?? []).filter(isChangeable),
      responseSet: all.flatMap(({ response }) => values(response?.set)),
      responseAdd: all.flatMap(({ response }) => values(response?.add)),
      responseRemove: all.flatMap(({ response }) => response?.remove ?? []).filter(isChangeable),
    },
    hostRewrite: authority.at(-1),
  };
}

const isAuthority = (name: string) => /^(?::authority|host)$/i.test(name);
const isChangeable = (name: string) => !name.startsWith(':') && name.toLowerCase() !== 'host';

function values(map: Readonly<Record<string, string>> | undefined): HeaderValue[] {
  const entries = Object.entries(map ?? {}).filter(([name]) => isChangeable(name));
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => ({ name, value: asFormat(value) }));
}
