import type { Graph, GraphNode } from '../model/service-graph.ts';
import { sumOf, type Tick } from './history.ts';
import { quantiles } from './quantile.ts';

export interface FanOut {
  readonly workload: string;
  readonly callsPerRequest: number;
  readonly levels: readonly FanOutLevel[];
}

export interface FanOutLevel {
  readonly level: number;
  readonly calls: number;
  /** Who is called, each with its calls per request: the most called first, ten at most. */
  readonly to: readonly { readonly namespace: string; readonly name: string; readonly calls: number }[];
  readonly addedMs: number | null;
}

/** A chain longer than that is a circle. */
const deepest = 10;
/** Of those that are called at one level. */
const mostNamed = 10;
/** Calls for a request that are too few to be one. */
const least = 0.001;

interface Outgoing {
  readonly target: string;
  /** Calls for each request of the caller. */
  readonly calls: number;
  readonly addedMs: number | null;
}

/**
 * How many calls a request from outside makes, level by level, when every workload calls in proportion to what it is asked. What is
 * added: the middle duration as the caller's proxy saw it less that of the called one's, which is both proxies and the way between.
 */
export function fanOutOf({ nodes, edges }: Graph, ticks: readonly Tick[]): FanOut[] {
  const added = addedBetween(ticks);
  const places = new Map(nodes.map((node) => [node.id, node]));
  const asked = new Map<string, number>();
  for (const { target, signals } of edges) asked.set(target, (asked.get(target) ?? 0) + signals.requestsPerSecond);
  // Whoever nobody in the mesh calls is the beginning: each of its calls stands for one request.
  const made = new Map<string, number>();
  for (const { source, signals } of edges) made.set(source, (made.get(source) ?? 0) + signals.requestsPerSecond);
  const outgoing = new Map<string, Outgoing[]>();
  for (const { source, target, signals } of edges) {
    const rate = asked.get(source) ?? made.get(source) ?? 0;
    const calls = rate > 0 ? signals.requestsPerSecond / rate : 0;
    const [from, to] = [places.get(source), places.get(target)];
    const addedMs = from === undefined || to === undefined ? null : (added.get(pairKey(from, to)) ?? null);
    if (calls > 0) outgoing.set(source, [...(outgoing.get(source) ?? []), { target, calls, addedMs }]);
  }
  const entries = nodes.filter(({ id, kind }) => kind !== 'unknown' && !asked.has(id) && outgoing.has(id));
  return entries.map(({ id, namespace, name }) => fanOut(id, `${namespace}/${name}`, { outgoing, places }));
}

interface Known {
  readonly outgoing: ReadonlyMap<string, readonly Outgoing[]>;
  readonly places: ReadonlyMap<string, GraphNode>;
}

function fanOut(entry: string, workload: string, { outgoing, places }: Known): FanOut {
  const levels: FanOut['levels'][number][] = [];
  let here = new Map([[entry, 1]]);
  for (let level = 1; level <= deepest && here.size > 0; level += 1) {
    const made = [...here].flatMap(([place, times]) =>
      (outgoing.get(place) ?? [])
        .map((one) => ({ ...one, calls: times * one.calls }))
        .filter(({ calls }) => calls >= least),
    );
    if (made.length > 0)
      levels.push({ level, calls: sumOfCalls(made), to: calledBy(made, places), addedMs: meanAdded(made) });
    here = new Map();
    for (const { target, calls } of made) here.set(target, (here.get(target) ?? 0) + calls);
  }
  return { workload, callsPerRequest: levels.reduce((sum, { calls }) => sum + calls, 0), levels };
}

/** Versions of a workload are one; whatever has no namespace is a host. */
function calledBy(made: readonly Outgoing[], places: Known['places']): FanOutLevel['to'] {
  const found = new Map<string, FanOutLevel['to'][number]>();
  for (const { target, calls } of made) {
    const { namespace = '', name = target } = places.get(target) ?? {};
    const key = JSON.stringify([namespace, name]);
    found.set(key, { namespace, name, calls: (found.get(key)?.calls ?? 0) + calls });
  }
  return [...found.values()].sort((a, b) => b.calls - a.calls).slice(0, mostNamed);
}

function sumOfCalls(made: readonly Outgoing[]): number {
  return made.reduce((sum, { calls }) => sum + calls, 0);
}

function meanAdded(made: readonly Outgoing[]): number | null {
  const measured = made.filter(({ addedMs }) => addedMs !== null);
  if (measured.length === 0) return null;
  return measured.reduce((sum, { calls, addedMs }) => sum + calls * (addedMs ?? 0), 0) / sumOfCalls(measured);
}

function addedBetween(ticks: readonly Tick[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { source, target, bySource, byDestination } of sumOf(ticks).values()) {
    const [caller = null] = quantiles([0.5], bySource.buckets);
    const [called = null] = quantiles([0.5], byDestination.buckets);
    if (caller !== null && called !== null)
      found.set(
        pairKey({ ...source, name: source.workload }, { ...target, name: target.workload }),
        Math.max(0, caller - called),
      );
  }
  return found;
}

function pairKey(from: Pick<GraphNode, 'namespace' | 'name'>, to: Pick<GraphNode, 'namespace' | 'name'>): string {
  return JSON.stringify([from.namespace, from.name, to.namespace, to.name]);
}
