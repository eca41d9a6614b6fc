import type { NamespaceFacts } from '../../model/pod.ts';
import type { InjectionSettings } from '../review/settings.ts';

export const defaultProxyId = 1337;

export interface ProxyUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user that Envoy runs as. On OpenShift the last one of the ranges that the namespace is given
 * (`openshift.io/sa.scc.uid-range`: `start/size`), so that it is no application's.
 */
export function proxyUser(namespace: NamespaceFacts, settings: InjectionSettings): ProxyUser {
  if (settings.platform !== 'openshift') return { uid: defaultProxyId, gid: defaultProxyId };
  return {
    uid: lastOf(namespace.annotations['openshift.io/sa.scc.uid-range']) ?? defaultProxyId,
    gid: lastOf(namespace.annotations['openshift.io/sa.scc.supplemental-groups']) ?? defaultProxyId,
  };
}

/** `start/size` or `start-end`, several separated by commas: the greatest. */
function lastOf(ranges: string | undefined): number | undefined {
  let last: number | undefined;
  for (const range of (ranges ?? '').split(',')) {
    const match = /^([0-9]{1,10})([/-])([0-9]{1,10})$/.exec(range.trim());
    if (match === null) continue;
    const start = Number(match[1]);
    const end = match[2] === '/' ? start + Number(match[3]) - 1 : Number(match[3]);
    if (end >= start && end <= 2 ** 31 - 1 && (last === undefined || end > last)) last = end;
  }
  return last;
}
