import type { Pod } from '../../model/pod.ts';

/** The files below /etc that a kubelet writes for each pod, by name. */
export function etcFiles(
  pod: Pod,
  ip: string,
  names: { readonly dnsIp: string; readonly domain: string },
): Record<string, string> {
  const { name = '', namespace = '' } = pod.metadata;
  const search = `${namespace}.svc.${names.domain} svc.${names.domain} ${names.domain}`;
  return {
    hosts: `127.0.0.1 localhost\n::1 localhost\n${ip} ${name}\n`,
    hostname: `${name}\n`,
    'resolv.conf': `nameserver ${names.dnsIp}\nsearch ${search}\noptions ndots:5\n`,
  };
}
