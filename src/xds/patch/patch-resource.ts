import type { PatchContext, PatchIR } from '../../ir/types/patch.ts';
import type { Message, XdsType } from '../resource.ts';
import { istioName, patchCluster } from './patch-cluster.ts';
import { patchListener } from './patch-listener.ts';
import { patchGatewayRoutes, patchRouteConfiguration, patchVirtualHost } from './patch-routes.ts';

/** What a patch for a target may change. */
const targets: Readonly<Partial<Record<XdsType, readonly PatchIR['target'][]>>> = {
  listener: ['LISTENER', 'LISTENER_FILTER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER'],
  route: ['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE'],
  virtualHost: ['VIRTUAL_HOST', 'HTTP_ROUTE'],
  cluster: ['CLUSTER'],
};

export function isPatched(type: XdsType, { target }: PatchIR): boolean {
  return targets[type]?.includes(target) === true;
}

/** New resources of their own. */
export function isAdded({ target, operation }: PatchIR): boolean {
  return operation === 'ADD' && (target === 'CLUSTER' || target === 'LISTENER');
}

/** The message after the patch: the same one where it fits nothing, undefined where it is removed. */
export function patchResource(
  type: XdsType,
  message: Message,
  patch: PatchIR,
  role: 'sidecar' | 'gateway',
): Message | undefined {
  if (isAdded(patch) || !isOf(patch.context, contextOf(type, message, role))) return message;
  switch (type) {
    case 'listener':
      return patchListener(message, patch);
    case 'cluster':
      return patchCluster(message, patch);
    case 'virtualHost':
      return patchVirtualHost(message, patch);
    default:
      return role === 'gateway' ? patchGatewayRoutes(message, patch) : patchRouteConfiguration(message, patch);
  }
}

export function isOf(wanted: PatchContext, found: PatchContext): boolean {
  return wanted === 'ANY' || wanted === found;
}

function contextOf(type: XdsType, message: Message, role: 'sidecar' | 'gateway'): PatchContext {
  if (role === 'gateway') return 'GATEWAY';
  const name = type === 'cluster' ? istioName(message) : String(message.name ?? '');
  const inbound =
    type === 'listener' ? message.traffic_direction === 'INBOUND' : /^inbound\||^InboundPassthrough/.test(name);
  return inbound ? 'SIDECAR_INBOUND' : 'SIDECAR_OUTBOUND';
}
