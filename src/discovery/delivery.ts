import type { OutboundView } from '../ir/types/view.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import type { Workload } from '../model/workload.ts';

/**
 * How configuration reaches a sidecar.
 * - `eager`: everything before the first request, in Istio's shape.
 * - `pushed-hosts`: virtual hosts are pushed, clusters and endpoints load on first use.
 * - `on-demand`: virtual hosts load on first use, too.
 */
export type Delivery = 'eager' | 'pushed-hosts' | 'on-demand';

export const deliveryAnnotation = 'proxy.outrigger.io/delivery';

export interface DeliveryInputs {
  readonly workload: Workload;
  readonly view: OutboundView;
  readonly settings: MeshSettings;
  /** Virtual hosts on demand exist on incremental streams alone. */
  readonly delta: boolean;
  /** What it was until now. */
  readonly before: Delivery | undefined;
}

/** Below this share of the limit hosts are pushed again, so that a service more or less does not turn it back and forth. */
const lower = 0.9;

/** What a Sidecar resource declares is small and wanted, so it comes whole; else the number of hosts decides. */
export function deliveryOf({ workload, view, settings, delta, before }: DeliveryInputs): Delivery {
  const wish = workload.annotations[deliveryAnnotation] ?? settings.delivery;
  if (!delta || wish === 'eager' || view.declared) return 'eager';
  const hosts = view.ports.length + view.unregistered.length;
  const limit = before === 'on-demand' ? settings.pushedHosts * lower : settings.pushedHosts;
  return hosts <= limit ? 'pushed-hosts' : 'on-demand';
}
