import type { Graph, GraphEdge, GraphNode, NodeKind, TelemetrySource } from '../model/service-graph.ts';
import { attribute } from './attribution.ts';
import type { Party } from './call.ts';
import { failuresOf } from './failures.ts';
import { healthOf } from './health.ts';
import { secondsOf, sumOf, type Tick } from './history.ts';
import type { Inventory, KnownWorkload } from './inventory.ts';
import { lockOf } from './lock.ts';
import { countedBy, rate, signalsOf, totalOf } from './signals.ts';
import { Count, type Tally } from './tally.ts';

export interface GraphInput {
  readonly at: number;
  readonly rangeSeconds: number;
  readonly telemetry: TelemetrySource;
  /** First tick first. */
  readonly ticks: readonly Tick[];
  readonly inventory: Inventory;
}

interface Place {
  readonly id: string;
  readonly kind: NodeKind;
  readonly namespace: string;
  readonly name: string;
  readonly app: string;
  readonly version: string;
  readonly proxies: GraphNode['proxies'];
}

interface Call {
  readonly edge: GraphEdge;
  readonly count: Count;
}

const mostHosts = 10;

/** Who calls whom: everybody who was counted, and every workload of the mesh that was not. */
export function buildGraph(input: GraphInput): Graph {
  const { at, rangeSeconds, telemetry, ticks, inventory } = input;
  const places = new Places(inventory);
  const sum = sumOf(ticks);
  const { others, unexplained } = attribute(sum);
  const seconds = secondsOf(ticks);
  const calls: Call[] = [];
  for (const tally of sum.values()) {
    const share = unexplained.get(tally.key) ?? 1;
    if (share > 0) calls.push(callOf(tally, places, { share, seconds, others: others.get(tally.key) ?? [], ticks }));
  }
  const inbound = Map.groupBy(calls, ({ edge }) => edge.target);
  const outbound = Map.groupBy(calls, ({ edge }) => edge.source);
  const nodes = places.all().map((place): GraphNode => {
    // Who calls a gateway from outside tells nobody: what it sends on is what came.
    const counted = place.kind === 'gateway' ? outbound.get(place.id) : inbound.get(place.id);
    const total = totalOf((counted ?? []).map(({ count }) => count));
    const signals = signalsOf(total, seconds);
    const facts = { signals, connections: total.opened > 0, telemetry: telemetry.state, rangeSeconds };
    const health = unknownHealth(place, total) ?? healthOf({ ...facts, proxies: place.proxies });
    return { ...place, health, inbound: signals };
  });
  return { at, rangeSeconds, telemetry, nodes: nodes.sort(byId), edges: calls.map(({ edge }) => edge).sort(byId) };
}

interface CallFacts {
  readonly share: number;
  readonly seconds: number;
  readonly others: readonly string[];
  readonly ticks: readonly Tick[];
}

function callOf(tally: Tally, places: Places, { share, seconds, others, ticks }: CallFacts): Call {
  const counted = countedBy(tally);
  const source = places.of(tally.source, '');
  const target = places.of(tally.target, tally.targetHost || nowhere);
  const all = signalsOf(counted, seconds);
  const lock = lockOf(tally, others, ticks);
  const edge: GraphEdge = {
    id: `${source.id} > ${target.id} ${tally.protocol}${tally.source.principal === '' || tally.source.workload !== '' ? '' : ` ${tally.source.principal}`}`,
    source: source.id,
    target: target.id,
    hosts: hostsOf(counted),
    protocol: tally.protocol,
    signals: { ...all, requestsPerSecond: all.requestsPerSecond * share },
    bytesPerSecond: { sent: rate(counted.sent, seconds), received: rate(counted.received, seconds) },
    mtls: target.kind === 'external' ? { ...lock, share: null } : lock,
    failures: failuresOf(tally, seconds),
  };
  return { edge, count: share === 1 ? counted : scaled(counted, share) };
}

/** What is left of the calls of unknown callers when those that are known are taken away. */
function scaled(count: Count, share: number): Count {
  const result = new Count();
  result.merge(count);
  result.requests *= share;
  result.failed *= share;
  result.buckets.scale(share);
  return result;
}

function hostsOf({ hosts }: Count): string[] {
  const ranked = hosts.entries().sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return ranked.slice(0, mostHosts).map(([host]) => host);
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Where calls go that no route and no service is for. Whoever calls without a name is somebody else. */
const nowhere = 'no destination';

/** Who only calls, and has no proxy, is neither idle nor well; nor is what nobody answers. */
function unknownHealth({ kind, name }: Place, { requests, opened }: Count): GraphNode['health'] | undefined {
  if (kind !== 'unknown') return undefined;
  if (name === nowhere) return { state: 'unknown', reason: 'calls that no route or service was found for' };
  return requests + opened > 0 ? undefined : { state: 'unknown', reason: 'it has no proxy that could tell' };
}

const none = { connected: 0, expected: 0 };

/** Stands in no name of Kubernetes, nor in a label that Envoy prints. */
const between = '\u0000';

/** Every node once. A workload that is known is what the cluster says, not what labels say. */
class Places {
  readonly #known = new Map<string, KnownWorkload>();
  readonly #places = new Map<string, Place>();
  /** By what labels say. */
  readonly #parties = new Map<string, Place>();
  readonly #inventory: Inventory;

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
    for (const workload of inventory.workloads) {
      const { kind, namespace, name, app, version, proxies } = workload;
      this.#known.set(namespace + between + name, workload);
      this.#place(kind, { namespace, name, app, version, proxies });
    }
  }

  of(party: Party, host: string): Place {
    const { namespace, workload: name, app, version } = party;
    if (name === '') return this.#without(host);
    const key = namespace + between + name + between + version;
    const before = this.#parties.get(key);
    if (before !== undefined) return before;
    const known = this.#known.get(namespace + between + name);
    const place = this.#place(known?.kind ?? 'workload', known ?? { namespace, name, app, version, proxies: none });
    this.#parties.set(key, place);
    return place;
  }

  all(): Place[] {
    return [...this.#places.values()];
  }

  /** A caller without a name is unknown; a host without a workload is outside, or has nobody who answers. */
  #without(host: string): Place {
    const kind = host === '' || host === nowhere || this.#inventory.isInside(host) ? 'unknown' : 'external';
    const name = host === '' ? 'unknown' : host;
    return this.#place(kind, { namespace: '', name, app: name, version: '', proxies: none });
  }

  #place(kind: NodeKind, of: Omit<Place, 'id' | 'kind'>): Place {
    const { namespace, name, app, version, proxies } = of;
    const key = [kind, namespace, name, version].join(between);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const id = [kind, namespace, name, version].map(encodeURIComponent).join('/');
    const place = { id, kind, namespace, name, app, version, proxies };
    this.#places.set(key, place);
    return place;
  }
}
