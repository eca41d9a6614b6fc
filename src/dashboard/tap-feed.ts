import { OutriggerError } from '../errors.ts';
import type { TapTarget } from '../model/tap.ts';
import type { TapRequest, Taps } from '../observe/taps.ts';
import { isTapped } from '../policy/telemetry/taps.ts';
import type { ReplicaState, TapState } from './api-types.ts';
import type { MeshView } from './mesh-view.ts';

/** Proxies take a change within moments; the rest is for one that is busy. Milliseconds. */
const lookMs = 250;

/** A page, or the replica that has it. */
export interface TapOutput {
  /** `data` is JSON text. */
  send(event: string, data: string): void;
  close(): void;
}

/** What is known of a tap from elsewhere. */
export interface OtherShares {
  readonly here: number;
  readonly ready: number;
  readonly leftOut: number;
  /** Undefined: nobody else is asked. */
  readonly replicas?: ReplicaState;
}

/** Of a tap of this replica alone. */
export const noOthers = (): OtherShares => ({ here: 0, ready: 0, leftOut: 0 });

export interface TapFeedParts {
  readonly taps: Taps;
  readonly mesh: MeshView;
  readonly others: () => OtherShares;
}

/** A tap while it is open, and what is told of it: `tap`, `line`, `leftOut`, `replicas`, `end`, each when it is another than before. */
export class TapFeed {
  readonly #parts: TapFeedParts;
  readonly #request: TapRequest;
  readonly #tap: ReturnType<Taps['open']>;
  readonly #told = new Map<string, string>();
  #output: TapOutput | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Opens it. Throws OR4035, OR4041. */
  constructor(parts: TapFeedParts, request: TapRequest) {
    const { namespace, name } = request.target;
    if (tappedProxies(parts.mesh, request.target).length === 0)
      throw new OutriggerError('OR4041', `no pod of ${namespace}/${name} has a proxy`);
    this.#parts = parts;
    this.#request = request;
    this.#told.set('leftOut', '0');
    this.#tap = parts.taps.open(request, {
      line: (line) => this.#output?.send('line', JSON.stringify(line)),
      over: () => {
        const reason = `its ${request.durationMs / 1000} seconds are over`;
        this.#output?.send('end', JSON.stringify({ reason }));
        this.#output?.close();
      },
    });
  }

  begin(output: TapOutput): void {
    this.#output = output;
    this.#timer = setInterval(() => this.#tell(), lookMs);
    this.#tell();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#tap.end();
  }

  #tell(): void {
    const { mesh, others } = this.#parts;
    const { here, ready, leftOut, replicas } = others();
    const own = stateOf(mesh, this.#request.target);
    const state: TapState = { proxies: own.proxies, here: own.here + here, ready: own.ready + ready };
    this.#say('tap', JSON.stringify(state));
    if (replicas !== undefined) this.#say('replicas', JSON.stringify(replicas));
    this.#say('leftOut', String(this.#tap.leftOut() + leftOut));
  }

  #say(event: string, data: string): void {
    if (this.#told.get(event) !== data) this.#output?.send(event, data);
    this.#told.set(event, data);
  }
}

function tappedProxies({ snapshot }: MeshView, target: TapTarget): string[] {
  const { workloads, machines } = snapshot();
  return [...workloads.values(), ...machines.values()]
    .filter((workload) => workload.meshed && isTapped(workload, target))
    .map(({ id }) => id);
}

function stateOf(mesh: MeshView, target: TapTarget): TapState {
  const wanted = new Set(tappedProxies(mesh, target));
  const here = mesh.settled().filter(({ proxy }) => wanted.has(proxy));
  return { proxies: wanted.size, here: here.length, ready: here.filter(({ settled }) => settled).length };
}
