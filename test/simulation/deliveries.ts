import { defaultMeshSettings } from '../../src/model/mesh-settings.ts';
import { snapshotOf } from './in-memory.ts';
import { ProxyStates } from './proxy-states.ts';
import { simulated, workloads } from './simulated.ts';
import type { Headers, Verdict } from './simulator/call.ts';
import type { ProxyState } from './simulator/proxy.ts';
import { type Placed, podIps } from './world/make-calls.ts';
import type { World } from './world/world.ts';

/** The ways in which a sidecar may be told the same things. */
const deliveries = [
  { name: 'eager', workload: 'eager', pushedHosts: 1000 },
  { name: 'pushed hosts', workload: 'lazy', pushedHosts: 1000 },
  { name: 'on demand', workload: 'lazy', pushedHosts: 0 },
] as const;

/** One mesh in all of them. */
export class Deliveries {
  readonly #states: readonly {
    readonly name: string;
    readonly workload: 'eager' | 'lazy';
    readonly state: ProxyState;
  }[];

  constructor(world: World) {
    const snapshot = snapshotOf(world);
    this.#states = deliveries.map(({ name, workload, pushedHosts }) => {
      const states = new ProxyStates({ ...defaultMeshSettings, pushedHosts });
      return { name, workload, state: states.find(snapshot, workloads[workload]) };
    });
  }

  /** What becomes of a call, by delivery; names of listeners, chains and clusters are left out, which are their own. */
  outcomes(placed: Placed): ReadonlyMap<string, string> {
    const of = (workload: 'eager' | 'lazy', state: ProxyState) =>
      outcomeOf(simulated(state, { ...placed, call: { ...placed.call, source: podIps[workload] } }));
    return new Map(this.#states.map(({ name, workload, state }) => [name, of(workload, state)]));
  }

  differs(placed: Placed): boolean {
    return new Set(this.outcomes(placed).values()).size > 1;
  }
}

/** Equal for verdicts that a client and a server cannot tell apart. */
export function outcomeOf(verdicts: readonly Verdict[]): string {
  return [...new Set(verdicts.map((verdict) => JSON.stringify(told(verdict))))].sort().join(' or ');
}

function told(verdict: Verdict): unknown {
  switch (verdict.kind) {
    case 'closed':
      return 'closed';
    case 'answered':
      return [verdict.status, verdict.location, verdict.body];
    case 'forwarded': {
      const { endpoints, request, responseHeaders, share } = verdict;
      const asked = request === 'bytes' ? request : { ...request, headers: seen(request.headers) };
      const places = endpoints.map((endpoint) => JSON.stringify(endpoint)).sort();
      return { places, share, asked, responseHeaders };
    }
  }
}

/** Who calls is another pod, and where it meant to go is for the proxy alone. */
const seen = (headers: Headers) => headers.filter(([name]) => !name.startsWith('x-outrigger-'));
