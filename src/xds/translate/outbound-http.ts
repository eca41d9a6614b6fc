import type { OutboundPortIR } from '../../ir/types/outbound.ts';
import type { ProxyShape } from '../../ir/types/proxy.ts';
import type { OutboundView } from '../../ir/types/view.ts';
import { alpnFilter } from '../filters/alpn.ts';
import { corsFilter } from '../filters/cors.ts';
import { faultFilter } from '../filters/fault.ts';
import { resolveHostFilter, resolveServerNameFilter } from '../filters/name-resolution.ts';
import { onDemandCluster, onDemandHost } from '../filters/on-demand.ts';
import { sendPeerFilter } from '../filters/peer-header.ts';
import type { Message } from '../resource.ts';
import { translateAccessLog, translateConnectionLog } from './access-log.ts';
import { boundedWait, httpConnectionManager, type TcpParts, tcpProxy } from './connection-manager.ts';
import { callStats, connectionStats } from './stats-log.ts';
import { tapConnectionLogs, tapLogs } from './tap-log.ts';

/** HTTP of the app on its way out, with everything there before the first request. */
export function eagerHttp(routeName: string, statPrefix: string, shape: ProxyShape): Message {
  const filters = [sendPeerFilter(shape), faultFilter, corsFilter, alpnFilter, ...lookingUp(shape)];
  return httpConnectionManager({ ...common(routeName, statPrefix, shape), filters, more: asSent });
}

/**
 * The same where virtual hosts and clusters may still have to come. The order is a matter of security: the host is
 * loaded before any filter looks at its route, the cluster after the last filter that could change the route.
 *
 * Faults come behind the cluster: a filter that pauses a request before it would leave it with the knowledge that there
 * is no such cluster, and of several such requests of one worker Envoy 1.40 wakes only the first (the others hang).
 * Whatever pauses and must stand before it has to clear the route cache.
 */
export function onDemandHttp(routeName: string, statPrefix: string, shape: ProxyShape): Message {
  const first = [onDemandHost, sendPeerFilter(shape), corsFilter, onDemandCluster];
  const filters = [...first, faultFilter, alpnFilter, ...lookingUp(shape)];
  return httpConnectionManager({
    ...common(routeName, statPrefix, shape),
    filters,
    more: { ...boundedWait, ...asSent },
  });
}

/** A request waits here for its host's address: behind what loads its cluster. */
export const lookingUp = ({ looksUpHosts }: ProxyShape): readonly Message[] =>
  looksUpHosts === true ? [resolveHostFilter] : [];

export const isLookedUp = ({ service }: OutboundPortIR) => service.resolution === 'dynamic-dns';
export const lookingUpName = (entry: OutboundPortIR): readonly Message[] =>
  isLookedUp(entry) ? [resolveServerNameFilter(targetPortOf(entry))] : [];

function targetPortOf({ service, port }: OutboundPortIR): number {
  const target = service.ports.find(({ number }) => number === port)?.targetPort;
  return typeof target === 'number' ? target : port;
}

/** What an answer says of its server stays: a sidecar of the other side has said it already. */
const asSent: Message = { server_header_transformation: 'APPEND_IF_ABSENT' };

function common(routes: string, statPrefix: string, shape: ProxyShape) {
  const { accessLogs, tracing } = shape.telemetry.calls;
  return {
    ...{ routes, statPrefix, tracing },
    normalization: shape.pathNormalization,
    accessLogs: [...callStats(shape), ...translateAccessLog(accessLogs), ...tapLogs(shape, 'calls')],
  };
}

/** Connections of which no more is known, on their way out. */
export function outboundTcp(parts: Omit<TcpParts, 'accessLogs'>, shape: ProxyShape): Message {
  return tcpProxy({
    ...parts,
    accessLogs: [
      ...connectionStats(shape),
      ...translateConnectionLog(shape.telemetry.calls.accessLogs),
      ...tapConnectionLogs(shape, 'calls'),
    ],
  });
}

/** Where calls of what is not known go. */
export function otherCluster({ blocked, egressProxy }: Pick<OutboundView, 'blocked' | 'egressProxy'>): string {
  if (blocked) return 'BlackHoleCluster';
  return egressProxy === '' ? 'PassthroughCluster' : egressProxy;
}
