import { isServerName } from '../../model/server-name.ts';
import { hostCovers } from '../../policy/hosts.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { Gateway } from '../../schema/kinds.ts';
import type { GatewayProblem } from '../types/gateway.ts';
import { type PlacedServer, problemOf } from './gateway-facts.ts';

/** A host of a server, and the namespace whose VirtualServices may route it; `*` is any. */
export interface ServerHost {
  readonly namespace: string;
  readonly host: string;
}

/** `host` and `*` before the slash are for VirtualServices of any namespace, `./host` for those of the Gateway's own. */
export function serverHosts(hosts: readonly string[], { namespace }: Pick<Config<Gateway>, 'namespace'>): ServerHost[] {
  return hosts.map((text) => {
    const slash = text.indexOf('/');
    const given = slash < 0 ? '*' : text.slice(0, slash);
    return { namespace: given === '.' ? namespace : given, host: text.slice(slash + 1).toLowerCase() };
  });
}

/** The hosts that a server and a VirtualService have in common: of a pair the narrower one. */
export function commonHosts(served: readonly ServerHost[], routed: readonly string[], namespace: string): string[] {
  const own = served.filter((entry) => entry.namespace === '*' || entry.namespace === namespace);
  const found = own.flatMap(({ host }) =>
    routed.flatMap((other) => {
      if (covers(other, host)) return [host];
      return covers(host, other) ? [other] : [];
    }),
  );
  return [...new Set(found)];
}

export function covers(pattern: string, host: string): boolean {
  return pattern === host || hostCovers(pattern, host);
}

/** Server names that Envoy tells connections by; empty is any. `*` among them takes the others in. */
export function serverNames(hosts: readonly string[]): readonly string[] {
  return hosts.includes('*') ? [] : [...new Set(hosts)];
}

export function unfitNames(hosts: readonly string[], { origin, gateway }: PlacedServer): GatewayProblem[] {
  return hosts
    .filter((host) => !isServerName(host))
    .map((host) =>
      problemOf('unfit-server-name', `${host} of ${gateway} is no server name: a star stands for whole labels`, origin),
    );
}
