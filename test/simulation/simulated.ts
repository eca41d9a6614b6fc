import type { Verdict } from './simulator/call.ts';
import type { ProxyState } from './simulator/proxy.ts';
import { entries, simulate } from './simulator/simulate.ts';
import type { Placed } from './world/make-calls.ts';

/** What may become of a call at the proxy that it goes through. */
export function simulated(state: ProxyState, { entry, call }: Placed): readonly Verdict[] {
  return simulate(state, call, entry === 'gateway' ? call.destination.port : entries[entry]);
}

/** The workload of each proxy of a world. */
export const workloads = { eager: 'default/eager', lazy: 'default/lazy', gateway: 'istio-system/gateway' } as const;
