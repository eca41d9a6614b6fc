import type { FastifyReply } from 'fastify';
import { OutriggerError } from '../errors.ts';
import type { TapTarget } from '../model/tap.ts';
import type { TapRequest, Taps } from '../observe/taps.ts';
import { isTapped } from '../policy/telemetry/taps.ts';
import type { TapState } from './api-types.ts';
import { EventStream } from './event-stream.ts';
import type { MeshView } from './mesh-view.ts';
import type { Visitor } from './visitor.ts';

/** Proxies take a change within moments; the rest is for one that is busy. Milliseconds. */
const lookMs = 250;

export interface TapStreamParts {
  readonly taps: Taps;
  readonly mesh: MeshView;
  readonly reply: FastifyReply;
  readonly visitor: Pick<Visitor, 'renew'>;
}

/**
 * Requests of a workload as server-sent events: `tap` for how many proxies tell, `line` for each request, `leftOut` for how many were
 * too many, `end`. The tap ends with the stream. Throws OR4035, OR4041.
 */
export function streamTap(
  { taps, mesh, reply, visitor }: TapStreamParts,
  request: TapRequest,
): EventStream | undefined {
  const proxies = tappedProxies(mesh, request.target);
  if (proxies.length === 0) {
    const { namespace, name } = request.target;
    throw new OutriggerError('OR4041', `no pod of ${namespace}/${name} has a proxy`);
  }
  if (EventStream.isGone(reply)) return undefined;
  const tap = taps.open(request, {
    line: (line) => events.send('line', JSON.stringify(line)),
    over: () => {
      events.send('end', JSON.stringify({ reason: `its ${request.durationMs / 1000} seconds are over` }));
      events.close();
    },
  });
  const timer = setInterval(() => tell(), lookMs);
  const events = new EventStream(reply, visitor, () => {
    clearInterval(timer);
    tap.end();
  });
  const told = { state: '', leftOut: 0 };
  const tell = () => {
    const state = JSON.stringify(stateOf(mesh, request.target));
    if (state !== told.state) events.send('tap', state);
    const leftOut = tap.leftOut();
    if (leftOut !== told.leftOut) events.send('leftOut', String(leftOut));
    Object.assign(told, { state, leftOut });
  };
  tell();
  return events;
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
