import type { Graph } from '../model/service-graph.ts';
import { buildGraph } from '../observe/build-graph.ts';
import type { CallCounts } from '../observe/call-counts.ts';
import type { Inventory } from '../observe/inventory.ts';

export interface GraphsOptions {
  readonly counts: CallCounts;
  readonly inventory: () => Inventory;
  readonly now: () => number;
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
    const { counts, inventory, now } = this.#options;
    const graph = buildGraph({
      at: now(),
      rangeSeconds,
      telemetry: counts.source,
      ticks: counts.within(rangeSeconds * 1000),
      inventory: inventory(),
    });
    // Before anything is counted nothing clears it.
    if (counts.source.state !== 'starting') this.#made.set(rangeSeconds, graph);
    return graph;
  }
}
