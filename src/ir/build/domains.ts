import { calledAt, type Service } from '../../model/service.ts';

/**
 * The Host headers that mean a service, as Istio lists them: the full name (also with a trailing dot), its shorter
 * forms, its addresses. The bare name is for clients of the same namespace, as it is for their resolver.
 */
export function domainsOf(service: Service, clientNamespace: string, domainSuffix: string): readonly string[] {
  const { hostname, namespace } = service;
  const names = [hostname, ...(hostname.startsWith('*') ? [] : [`${hostname}.`])];
  const suffix = `.${namespace}.svc.${domainSuffix}`;
  if (service.registry === 'kubernetes' && hostname.endsWith(suffix)) {
    const bare = hostname.slice(0, -suffix.length);
    if (namespace === clientNamespace) names.push(bare);
    names.push(`${bare}.${namespace}.svc`, `${bare}.${namespace}`);
  }
  // Names of single pods (`db-0.db.default.svc.cluster.local`) mean the same service.
  const pods =
    service.resolution === 'headless' ? names.filter((name) => !name.startsWith('*')).map((name) => `*.${name}`) : [];
  const ips = calledAt(service).map((ip) => (ip.includes(':') ? `[${ip}]` : ip));
  return [...new Set([...names, ...pods, ...ips])];
}
