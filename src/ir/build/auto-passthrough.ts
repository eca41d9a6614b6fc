import { rememberedBy } from '../../model/remembered.ts';
import { sniOf } from '../../policy/virtual-service/destinations.ts';
import type { ClusterIR } from '../types/cluster.ts';
import type { TlsRouteIR } from '../types/outbound.ts';
import type { OutboundView } from '../types/view.ts';
import type { PlacedServer } from './gateway-facts.ts';
import { covers, serverHosts } from './gateway-hosts.ts';

/**
 * `AUTO_PASSTHROUGH`: mutual TLS of the mesh goes on as it is, to the service, port and subset that its server name says
 * (`outbound_.80_.v1_.reviews.default.svc.cluster.local`), for every service that the server has as a host. No
 * VirtualService plays a part. https://istio.io/latest/docs/reference/config/networking/gateway/#ServerTLSSettings-TLSmode
 */
export function autoPassthroughRoutes(
  { server, config, origin }: PlacedServer,
  view: OutboundView,
): readonly TlsRouteIR[] {
  const hosts = serverHosts(server.hosts, config);
  return passedOn(view)
    .filter(({ service: { hostname, namespace } }) =>
      hosts.some((own) => covers(own.host, hostname) && (own.namespace === '*' || own.namespace === namespace)),
    )
    .map(({ name }) => ({
      sniHosts: [name],
      subnets: [],
      destinations: [{ cluster: name, weight: 1 }],
      origins: [origin],
    }));
}

/** Clusters that take mutual TLS as it comes, by the server name that means them. */
export const passedOn = rememberedBy((view: OutboundView): readonly ClusterIR[] =>
  view.ports.flatMap(({ clusters }) => clusters.filter(isOfMesh).map(passing)),
);

/** What Envoy resolves by name is outside the mesh, and has no sidecar that could end the TLS. */
const isOfMesh = ({ discovery, external }: ClusterIR) =>
  !external && (discovery.kind === 'eds' || discovery.kind === 'headless');

/** An endpoint without a sidecar would take the TLS for its own. */
const passing = rememberedBy((cluster: ClusterIR): ClusterIR => {
  const name = sniOf(cluster, cluster.service.hostname);
  return {
    ...cluster,
    name,
    discovery: { kind: 'eds', service: name },
    selection: { ...cluster.selection, mutualTlsOnly: true },
    upstream: 'tcp',
    tls: { kind: 'none' },
  };
});
