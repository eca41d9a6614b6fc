import { parseQuantity } from '../../model/quantity.ts';
import type { SidecarOptions } from './options.ts';

/**
 * Envoy's worker threads: what ProxyConfig says (0: one a core), else the CPU limit rounded up (Istio's rule),
 * else the request, else two. Without a number Envoy would start a thread a core of the node.
 */
export function concurrency(options: Pick<SidecarOptions, 'proxyConfig' | 'resources'>): number {
  const wanted = options.proxyConfig.concurrency;
  const cpu = options.resources.limits?.['cpu'] ?? options.resources.requests?.['cpu'];
  if (wanted !== undefined && (wanted > 0 || cpu === undefined)) return wanted;
  return cpu === undefined ? 2 : Math.max(1, Math.ceil(parseQuantity(cpu) ?? 2));
}
