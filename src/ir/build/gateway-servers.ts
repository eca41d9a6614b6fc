import type { Service } from '../../model/service.ts';
import { hasLabels } from '../../policy/client.ts';
import { isDatagram } from '../../policy/gateway/fields.ts';
import type { Config, Snapshot } from '../../registry/snapshot.ts';
import { isHttp, isTls } from '../../schema/common/protocol.ts';
import type { Gateway } from '../../schema/kinds.ts';
import type { GatewayProblem } from '../types/gateway.ts';
import { type GatewayFacts, type PlacedServer, problemOf, type Server, serverOrigin } from './gateway-facts.ts';

/** What the bootstrap listens on: admin, metrics, readiness, statistics. */
const ownPorts: readonly number[] = [15_000, 15_020, 15_021, 15_090];
const firstFree = 1024;
/** A Service with this label says nothing of where its pods listen, in Istio, too. */
const noTranslation = 'experimental.istio.io/disable-gateway-port-translation';

export interface Placement {
  /** Oldest Gateway first. */
  readonly servers: readonly PlacedServer[];
  readonly problems: readonly GatewayProblem[];
}

/** The servers of all Gateways that select a workload, whatever their namespace, each with its port of the pod. */
export function placeServers(snapshot: Snapshot, facts: GatewayFacts): Placement {
  const services = snapshot.services.filter((service) => isBefore(service, facts));
  const problems: GatewayProblem[] = [];
  const servers = snapshot.gateways
    .filter(({ spec }) => hasLabels(facts.labels, spec.selector))
    .flatMap((config) => config.spec.servers.map((_, index) => ({ config, index })))
    .flatMap(({ config, index }) => {
      const placed = placeServer(config, index, { services, facts });
      if (!('fault' in placed)) return [placed];
      problems.push(placed);
      return [];
    });
  return { servers, problems };
}

interface Around {
  readonly services: readonly Service[];
  readonly facts: GatewayFacts;
}

function placeServer(config: Config<Gateway>, index: number, around: Around): PlacedServer | GatewayProblem {
  const server = config.spec.servers[index] as Server;
  const origin = serverOrigin(config, index);
  const gateway = `${config.namespace}/${config.name}`;
  const named = `port ${server.port.number} of ${gateway}`;
  const { bind = '' } = server;
  if (bind.startsWith('unix://') || bind.startsWith('/'))
    return problemOf('not-yet', `${named} is a socket, which gateways do not listen on yet`, origin);
  if (isDatagram(server.port.protocol))
    return problemOf('not-yet', `${named} is ${server.port.protocol}, which gateways do not take yet`, origin);
  const mapped = targetOf(server.port.number, around);
  const port = mapped ?? server.port.number;
  if ([...ownPorts, around.facts.statusPort].includes(port))
    return problemOf('reserved-port', `${named} is ${port}, where the proxy itself listens`, origin);
  if (mapped === undefined && port < firstFree && !around.facts.lowPorts) {
    const message = `${named} is below ${firstFree}, and no Service of the gateway maps it to a port of the pod`;
    return problemOf('privileged-port', message, origin);
  }
  return { kind: kindOf(server), config, server, gateway, port, bind, origin };
}

function kindOf({ port, tls }: Server): PlacedServer['kind'] {
  if (isHttp(port.protocol)) return 'http';
  if (!isTls(port.protocol)) return 'tcp';
  if (tls?.mode === 'AUTO_PASSTHROUGH') return 'auto-passthrough';
  if ((tls?.mode ?? 'PASSTHROUGH') === 'PASSTHROUGH') return 'passthrough';
  return port.protocol.toUpperCase() === 'HTTPS' ? 'https' : 'tls';
}

/** A Service of the gateway's namespace that sends to its pods. */
function isBefore({ selector = {}, namespace, labels }: Service, facts: GatewayFacts): boolean {
  if (namespace !== facts.namespace || Object.hasOwn(labels, noTranslation)) return false;
  return Object.keys(selector).length > 0 && hasLabels(facts.labels, selector);
}

/** Where the pod listens for a port, as the oldest Service that has the port says. */
function targetOf(number: number, { services, facts }: Around): number | undefined {
  for (const { ports } of services) {
    const found = ports.find((port) => port.number === number && port.protocol !== 'udp');
    if (found === undefined) continue;
    const { targetPort } = found;
    if (typeof targetPort === 'number') return targetPort;
    if (Object.hasOwn(facts.namedPorts, targetPort)) return facts.namedPorts[targetPort];
  }
  return undefined;
}
