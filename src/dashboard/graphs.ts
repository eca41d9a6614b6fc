import type { Graph, GraphEdge, PlaintextCause } from '../model/service-graph.ts';
import { buildGraph } from '../observe/build-graph.ts';
import type { CallCounts } from '../observe/call-counts.ts';
import type { Inventory } from '../observe/inventory.ts';

export interface GraphsOptions {
  readonly counts: CallCounts;
  readonly inventory: () => Inventory;
  readonly now: () => number;
  /** Whose doing plaintext is: made anew for each graph, told of each call. */
  readonly causes?: () => (edge: GraphEdge) => PlaintextCause | undefined;
}

/** The graph of each range, made once for each tick however many ask for it. */
export class Graphs {
  readonly #options: GraphsOptions;
  readonly #made = new Map<number, Graph>();

  constructor(options: GraphsOptions) {
    this.#options = options;
    options.counts.onTick(() => this.#made.clear());
  }

  graph(rangeSeconds: number): Graph {
    const known = this.#made.get(rangeSeconds);
    if (known !== undefined) return known;
    const { counts, inventory, now, causes } = this.#options;
    const built = buildGraph({
      at: now(),
      rangeSeconds,
      telemetry: counts.source,
      ticks: counts.within(rangeSeconds * 1000),
      inventory: inventory(),
    });
    const causeOf = causes?.() ?? (() => undefined);
    const graph = { ...built, edges: built.edges.map((edge) => withCause(edge, causeOf(edge))) };
    // Before anything is counted nothing clears it.
    if (counts.source.state !== 'starting') this.#made.set(rangeSeconds, graph);
    return graph;
  }
}

function withCause(edge: GraphEdge, because: PlaintextCause | undefined): GraphEdge {
  return because === undefined ? edge : { ...edge, mtls: { ...edge.mtls, because } };
}
