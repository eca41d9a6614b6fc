import type { Origin } from '../../model/origin.ts';
import type { Message, XdsResource } from '../resource.ts';
import { tcpProxy } from './connection-manager.ts';
import { inboundPassthrough } from './inbound-routes.ts';

/**
 * Listeners that let bytes pass, for an emergency. Nothing but what is behind each filter chain changes, so that Envoy
 * updates them in place: sockets stay open, and connections go on by the chain that they came in by until they are drained.
 * Chains that end mutual TLS go on to do so, for clients that have not heard of it yet.
 */
export function bypassInbound(listener: XdsResource, origins: readonly Origin[]): XdsResource {
  return passing(listener, { cluster: inboundPassthrough, origins });
}

/** Only what takes everything: in Istio's shape the listeners of single ports give way to it. */
export function bypassOutbound(listeners: readonly XdsResource[], origins: readonly Origin[]): readonly XdsResource[] {
  const captured = listeners.filter(({ name }) => name === 'virtualOutbound');
  return captured.map((listener) => passing(listener, { cluster: 'PassthroughCluster', origins }));
}

interface Way {
  readonly cluster: string;
  readonly origins: readonly Origin[];
}

function passing(listener: XdsResource, { cluster, origins }: Way): XdsResource {
  const { filter_chains: chains, default_filter_chain: other, ...rest } = listener.message;
  const through = tcpProxy({ statPrefix: cluster, destinations: [{ cluster, weight: 1 }], accessLogs: [], more: {} });
  // A connection to the listener itself would come back for ever.
  const pass = (chain: Message): Message =>
    String(chain['name']).endsWith('-blackhole') ? chain : { ...chain, filters: [through] };
  const message = {
    ...rest,
    filter_chains: (Array.isArray(chains) ? chains : []).map((chain) => pass(chain as Message)),
    default_filter_chain: { ...(other as Message | undefined), filters: [through] },
  };
  return { ...listener, message, origins: [...listener.origins, ...origins] };
}
