import { type CallSeries, readCall } from './call.ts';
import { areFamilies, FamilyReader } from './family-reader.ts';
import { parseSeriesName } from './series-name.ts';
import { SeriesReader } from './series-reader.ts';
import { addToTally, edgeKey, type Tallies, type Tally, tallyOf } from './tally.ts';

/** Of one proxy: some 2,000 edges with their buckets. More of it is not worth the memory of the control plane. */
const mostSeries = 50_000;

/** Of all proxies in one tick. */
const mostEdges = 50_000;

const isCount = (value: number): boolean => value >= 0 && value <= Number.MAX_SAFE_INTEGER;

/** What of Envoy's own a proxy uses. */
export interface ProxyUse {
  /** Bytes; null: it does not say. */
  readonly memory: number | null;
  /** To some control plane. */
  readonly connected: boolean | null;
  /** Endpoints that it has ejected just now, by cluster as Envoy prints it: `outbound|9080||cart shop_svc_cluster_local_`. */
  readonly ejected: ReadonlyMap<string, number>;
  /** Since it began, it was at the bound of its series, and counts no calls with other labels than those of before (0210). */
  readonly isFull: boolean;
}

/** Counted for each that was dropped; what has dropped none does not print them. */
const overflow = /^envoy_server_stats_overflow_(counter|histogram)\{\}$/;

const ownSeries: Readonly<Record<string, (value: number) => Partial<ProxyUse>>> = {
  'envoy_server_memory_allocated{}': (value) => ({ memory: value }),
  // The stream of its configuration.
  'envoy_cluster_upstream_rq_active{envoy_cluster_name="xds"}': (value) => ({ connected: value > 0 }),
};

/**
 * Envoy takes what stands before the first dot for the cluster's name, and prints the rest of it in the name of the series:
 * `envoy_cluster_shop_svc_cluster_local__outlier_…{envoy_cluster_name="outbound|9080||cart"}`.
 */
const ejections =
  /^envoy_cluster_(?:(\w{1,300})_)?outlier_detection_ejections_active\{envoy_cluster_name="(outbound\|[^"]{1,400})"\}$/;

/** Of all series of one edge; with the tally of the tick that is counted, which is looked up once. */
interface Edge {
  readonly key: string;
  tallies: Tallies | undefined;
  tally: Tally | undefined;
}

interface Known {
  readonly call: CallSeries | undefined;
  readonly edge: Edge | undefined;
  last: number | undefined;
}

/** Counts of one proxy from one reading to the next. */
export class ProxyCounters {
  readonly #namespace: string | undefined;
  #ids = 0;
  /** An Envoy that knows no protobuf of Prometheus answers in text. */
  readonly #texts = new SeriesReader(mostSeries, () => this.#ids++);
  readonly #families = new FamilyReader(mostSeries, () => this.#ids++);
  readonly #known = new Map<number, Known>();
  /** Series of Envoy's own, by what they tell. */
  readonly #own = new Map<number, (value: number) => Partial<ProxyUse>>();
  /** Clusters of series that tell of ejections. */
  readonly #ejecting = new Map<number, string>();
  /** Those that tell of dropped ones. */
  readonly #overflows = new Set<number>();
  readonly #edges = new Map<string, Edge>();
  #read = false;
  #use: ProxyUse = { memory: null, connected: null, ejected: new Map(), isFull: false };

  /** `namespace` is the pod's: a proxy tells of calls of workloads there, and of no others. */
  constructor(namespace?: string) {
    this.#namespace = namespace;
  }

  /**
   * Adds what was counted since the last reading. The first reading adds nothing: nobody knows since when it counts. A series that
   * comes later began at nought. A counter that is smaller than before began anew, and all of it is new; what is no number is
   * passed over. Throws RangeError when the body is cut off.
   */
  take(body: Buffer, into: Tallies): void {
    // What is not told any more has ejected nobody.
    const ejected = new Map<string, number>();
    let isFull = false;
    const reader = areFamilies(body) ? this.#families : this.#texts;
    reader.read(body, {
      onNew: (id, series) => this.#learn(id, series),
      onValue: (id, value) => {
        if (value > 0 && this.#overflows.has(id)) isFull = true;
        const cluster = this.#ejecting.get(id);
        if (cluster === undefined) this.#count(id, value, into);
        else if (value > 0) ejected.set(cluster, value);
      },
      onForgotten: (id) => {
        this.#known.delete(id);
        // An edge that is still counted is made once more, for its next series.
        this.#edges.clear();
        this.#own.delete(id);
        this.#ejecting.delete(id);
        this.#overflows.delete(id);
      },
    });
    this.#read = true;
    this.#use = { ...this.#use, ejected, isFull: isFull || this.dropped > 0 };
  }

  get use(): ProxyUse {
    return this.#use;
  }

  get dropped(): number {
    return this.#texts.dropped + this.#families.dropped;
  }

  #learn(id: number, text: string): void {
    const series = parseSeriesName(text);
    const own = ownSeries[text];
    if (own !== undefined) this.#own.set(id, own);
    if (overflow.test(text)) this.#overflows.add(id);
    const [, rest = '', cluster] = ejections.exec(text) ?? [];
    if (cluster !== undefined) this.#ejecting.set(id, `${cluster} ${rest}`);
    const told = series === undefined ? undefined : readCall(series);
    const call = told !== undefined && this.#isItsOwn(told) ? told : undefined;
    this.#known.set(id, {
      call,
      edge: call === undefined ? undefined : this.#edgeOf(call),
      last: this.#read ? 0 : undefined,
    });
  }

  #count(id: number, value: number, into: Tallies): void {
    const own = this.#own.get(id);
    if (own !== undefined) this.#use = { ...this.#use, ...own(value) };
    const known = this.#known.get(id);
    if (known?.call === undefined || known.edge === undefined || !isCount(value)) return;
    const { last } = known;
    known.last = value;
    if (last === undefined || value === last) return;
    const { call, edge } = known;
    if (edge.tallies !== into || edge.tally === undefined) {
      if (into.size >= mostEdges) return;
      edge.tally = tallyOf(into, edge.key, call);
      edge.tallies = into;
    }
    addToTally(edge.tally, call, value < last ? value : value - last);
  }

  #isItsOwn({ reporter, source, target }: CallSeries): boolean {
    const own = reporter === 'source' ? source : target;
    return this.#namespace === undefined || own.namespace === this.#namespace;
  }

  #edgeOf(call: CallSeries): Edge {
    const key = edgeKey(call);
    const edge = this.#edges.get(key) ?? { key, tallies: undefined, tally: undefined };
    this.#edges.set(key, edge);
    return edge;
  }
}
