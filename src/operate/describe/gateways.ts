import { hasLabels } from '../../policy/client.ts';
import { resolveHost } from '../../policy/hosts.ts';
import { gatewayId } from '../../policy/virtual-service/gateway-id.ts';
import type { Config, Snapshot } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import { shortOrigin } from './block.ts';
import { routesInWords } from './routes.ts';

/** Gateways through which a host is reached from outside, and by which rules. */
export function gatewaysInWords(snapshot: Snapshot, host: string, domainSuffix: string): string[] {
  return snapshot.virtualServices
    .filter((config) => leadsTo(config, host, domainSuffix))
    .flatMap((config) => {
      const bound = (config.spec.gateways ?? []).filter((name) => name !== 'mesh');
      if (bound.length === 0) return [];
      const gateways = bound.flatMap((name) => gatewayInWords(snapshot, gatewayId(name, config.namespace)));
      const routes = routesInWords(config.spec).map((route) => `   ${route}`);
      return [
        ...gateways,
        `by ${shortOrigin(config.origin)}, hosts ${(config.spec.hosts ?? []).join(', ')}:`,
        ...routes,
      ];
    });
}

function gatewayInWords(snapshot: Snapshot, id: string): string[] {
  const gateway = snapshot.gateways.find(({ namespace, name }) => `${namespace}/${name}` === id);
  if (gateway === undefined) return [`Gateway ${id}: there is none of this name`];
  const selector = gateway.spec.selector ?? {};
  const pods = [...snapshot.workloads.values()].filter(({ labels }) => hasLabels(labels, selector));
  const ports = (gateway.spec.servers ?? []).map(({ port }) => `${port.protocol} ${port.number}`);
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  const where = pods.length === 0 ? `no pod has ${labels.join(', ')}` : `pods ${labels.join(', ')} (${pods.length})`;
  return [`Gateway ${id}: ${ports.join(', ')}, ${where}`];
}

/** Any of its routes goes there. Delegates are not followed. */
function leadsTo({ spec, namespace }: Config<VirtualService>, host: string, domainSuffix: string): boolean {
  const routes = [...(spec.http ?? []), ...(spec.tls ?? []), ...(spec.tcp ?? [])].flatMap(({ route }) => route ?? []);
  return routes.some(({ destination }) => resolveHost(destination.host, namespace, domainSuffix) === host);
}
