import type { SourceObject } from '../../source/object-source.ts';
import type { Zone, ZoneEntry } from '../dns/zone.ts';
import type { ServiceRule } from '../network/nft-rules.ts';
import type { EndpointGroup, PlacedPod } from './endpoint-slices.ts';
import { objectsAt, textAt, valueAt } from './json-reading.ts';

/** A service and the pods behind it. */
export interface ServiceView {
  readonly service: SourceObject;
  readonly groups: readonly EndpointGroup[];
}

const isReachable = (pod: PlacedPod): boolean => pod.ready && !pod.terminating;

/** What stands in for kube-proxy: each port of a service with an address, and its ready endpoints. */
export function serviceRules(views: readonly ServiceView[]): ServiceRule[] {
  return views.flatMap(({ service, groups }) => {
    const address = textAt(service.object, 'spec', 'clusterIP');
    if (address === '' || address === 'None') return [];
    return objectsAt(service.object, 'spec', 'ports').flatMap((port) => {
      const protocol = { TCP: 'tcp', UDP: 'udp' }[textAt(port, 'protocol') || 'TCP'];
      if (protocol === undefined) return [];
      const number = Number(port['port']);
      const targets = groups.flatMap(({ ports, pods }) => {
        const found = ports.find((candidate) => candidate.number === number && candidate.name === textAt(port, 'name'));
        return found === undefined ? [] : pods.filter(isReachable).map(({ ip }) => ({ ip, port: found.target }));
      });
      return [{ address, protocol: protocol as ServiceRule['protocol'], port: number, targets }];
    });
  });
}

/** The names of https://github.com/kubernetes/dns/blob/master/docs/specification.md below the cluster's domain. */
export function buildZone(views: readonly ServiceView[], domain: string): Zone {
  const zone = new Map<string, ZoneEntry>();
  for (const { service, groups } of views) {
    const name = `${service.name}.${service.namespace}.svc.${domain}`;
    const alias = textAt(service.object, 'spec', 'externalName');
    const address = textAt(service.object, 'spec', 'clusterIP');
    if (alias !== '') zone.set(name, { alias: alias.toLowerCase() });
    else if (address === 'None') addHeadless(zone, { service, groups }, name);
    else zone.set(name, { addresses: [address] });
    for (const port of objectsAt(service.object, 'spec', 'ports')) {
      const label = textAt(port, 'name');
      if (label === '' || alias !== '') continue;
      const protocol = (textAt(port, 'protocol') || 'TCP').toLowerCase();
      zone.set(`_${label}._${protocol}.${name}`, { services: [`0 100 ${Number(port['port'])} ${name}`] });
    }
  }
  return zone;
}

function addHeadless(zone: Map<string, ZoneEntry>, { service, groups }: ServiceView, name: string): void {
  const publish = valueAt(service.object, 'spec', 'publishNotReadyAddresses') === true;
  const pods = groups.flatMap((group) => group.pods).filter((pod) => publish || isReachable(pod));
  zone.set(name, { addresses: pods.map(({ ip }) => ip) });
  for (const pod of pods) {
    const dashed = pod.ip.replaceAll('.', '-');
    const own = pod.subdomain === service.name ? pod.hostname : '';
    for (const label of [dashed, own]) if (label !== '') zone.set(`${label}.${name}`, { addresses: [pod.ip] });
  }
}
