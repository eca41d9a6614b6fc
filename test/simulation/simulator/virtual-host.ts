import { flag, list, type Message, texts } from './message.ts';
import type { ProxyState } from './proxy.ts';

/**
 * The virtual host of an authority. config.route.v3.VirtualHost.domains: the exact name, then the longest `*suffix`, then
 * the longest `prefix*`, then `*`; names have no case.
 */
export function virtualHostOf(
  routes: Message,
  routeName: string,
  authority: string,
  proxy: ProxyState,
): Message | undefined {
  const lower = authority.toLowerCase();
  const host = flag(routes, 'ignore_port_in_host_matching') === true ? withoutPort(lower) : lower;
  const hosts = [...list(routes, 'virtual_hosts'), ...proxy.hostsOf(routeName)];
  const known = hostAmong(hosts, host);
  if (known !== undefined || routes['vhds'] === undefined) return known;
  const asked = proxy.ask('virtualHost', `${routeName}/${authority}`);
  return asked === undefined ? undefined : hostAmong([asked], host);
}

const withoutPort = (host: string) => host.replace(/:\d+$/, '');

function hostAmong(hosts: readonly Message[], host: string): Message | undefined {
  const ranked = hosts.map((candidate) => [rankOf(candidate, host), candidate] as const);
  const best = Math.max(0, ...ranked.map(([rank]) => rank));
  return best === 0 ? undefined : ranked.find(([rank]) => rank === best)?.[1];
}

const [exact, suffix, prefix, any] = [30_000, 20_000, 10_000, 1];

function rankOf(candidate: Message, host: string): number {
  return Math.max(0, ...texts(candidate, 'domains').map((domain) => domainRank(domain.toLowerCase(), host)));
}

function domainRank(domain: string, host: string): number {
  if (domain === '*') return any;
  if (domain === host) return exact;
  // The star stands for one character at least.
  if (domain.length > host.length) return 0;
  if (domain.startsWith('*')) return host.endsWith(domain.slice(1)) ? suffix + domain.length : 0;
  if (domain.endsWith('*')) return host.startsWith(domain.slice(0, -1)) ? prefix + domain.length : 0;
  return 0;
}
