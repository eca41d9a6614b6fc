import type { OutboundView } from '../ir/types/view.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import type { Workload } from '../model/workload.ts';

/**
 * How configuration reaches a sidecar.
 * - `eager`: everything before the first request, in Istio's shape.
 * - `pushed-all`: the same things, in the shape of those below.
 * - `pushed-hosts`: virtual hosts are pushed, clusters and endpoints load on first use.
 * - `on-demand`: virtual hosts load on first use, too.
 */
export type Delivery = 'eager' | 'pushed-all' | 'pushed-hosts' | 'on-demand';

export const deliveryAnnotation = 'proxy.outrigger.io/delivery';

export interface DeliveryInputs {
  readonly workload: Workload;
  readonly view: OutboundView;
  readonly settings: MeshSettings;
  /** Virtual hosts on demand exist on incremental streams alone. */
  readonly delta: boolean;
  /** What it was until now. */
  readonly before: Delivery | undefined;
  /** It asked for so many hosts that asking has to end. */
  readonly crowded: boolean;
}

/** Below this share of the limit hosts are pushed again, so that a service more or less does not turn it back and forth. */
const lower = 0.9;

/**
 * What a Sidecar resource declares is small and wanted, so all of it is pushed; else the number of hosts decides. The
 * shape is chosen once for a stream: an Envoy that goes from one to the other keeps virtual hosts of before, and asks for
 * them no more.
 */
export function deliveryOf(inputs: DeliveryInputs): Delivery {
  const { view, settings, before } = inputs;
  if (isEager(inputs)) return 'eager';
  if (view.declared) return 'pushed-all';
  if (inputs.crowded) return 'pushed-hosts';
  const hosts = view.ports.length + view.unregistered.length;
  const limit = before === 'on-demand' ? settings.pushedHosts * lower : settings.pushedHosts;
  return hosts <= limit ? 'pushed-hosts' : 'on-demand';
}

function isEager({ workload, settings, delta, before }: DeliveryInputs): boolean {
  if (!delta) return true;
  if (before !== undefined) return before === 'eager';
  return (workload.annotations[deliveryAnnotation] ?? settings.delivery) === 'eager';
}
