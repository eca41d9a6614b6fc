import { asOutriggerError, OutriggerError } from '../errors.ts';
import { type FaultListener, guarded } from '../model/fault.ts';
import type { TelemetrySource } from '../model/service-graph.ts';
import { readCall } from './call.ts';
import { type CallCounts, onceSo } from './call-counts.ts';
import type { Tick } from './history.ts';
import { type FetchText, type Measured, queryPrometheus } from './prometheus.ts';
import { addTo, edgeKey, type Tallies } from './tally.ts';

export interface PrometheusCallsOptions {
  /** `http://prometheus.monitoring:9090` */
  readonly url: string;
  readonly fetchText: FetchText;
  readonly now: () => number;
  readonly after: (ms: number, act: () => void) => () => void;
  /** OR1661 of a listener that throws. */
  readonly onFault: FaultListener;
  readonly everyMs?: number;
  /** For all queries of one range. */
  readonly timeoutMs?: number;
}

const metrics = [
  'istio_requests_total',
  'istio_request_duration_milliseconds_bucket',
  'istio_tcp_connections_opened_total',
  'istio_tcp_connections_closed_total',
  'istio_tcp_sent_bytes_total',
  'istio_tcp_received_bytes_total',
];
const party = ['workload', 'workload_namespace', 'app', 'version', 'principal'];
const labels = [
  ...['reporter', 'destination_service', 'request_protocol', 'response_code', 'grpc_response_status'],
  ...['response_flags', 'connection_security_policy', 'le'],
  ...party.flatMap((name) => [`source_${name}`, `destination_${name}`]),
].join(', ');

/** Proxies that have dropped series since they began, by the labels of common scrape configurations. */
const atBound =
  'group by (namespace, pod, instance) ({__name__=~"envoy_server_stats_overflow_(counter|histogram)"} > 0)';

/** The newest calls by themselves, for the lock: two scrapes of a Prometheus as it usually is. Seconds. */
const newest = 30;
/** A range that nobody asked for lately is not followed any longer. Milliseconds. */
const keptMs = 60_000;

interface Followed {
  ticks: readonly Tick[];
  askedAt: number;
}

/** Calls as Prometheus has them, asked again every fifteen seconds while somebody watches. */
export class PrometheusCalls implements CallCounts {
  readonly #options: Required<PrometheusCallsOptions>;
  readonly #ranges = new Map<number, Followed>();
  readonly #listeners = new Set<() => void>();
  #watchers = 0;
  #stop: AbortController | undefined;
  #problem: OutriggerError | undefined;
  #asOf = 0;
  #full: readonly string[] = [];

  constructor(options: PrometheusCallsOptions) {
    this.#options = { everyMs: 15_000, timeoutMs: 5000, ...options };
  }

  get source(): TelemetrySource {
    const proxies = { asked: 0, answered: 0, ...(this.#full.length === 0 ? {} : { full: this.#full }) };
    const base = { kind: 'prometheus', asOf: this.#asOf, proxies } as const;
    if (this.#problem === undefined) return { ...base, state: this.#asOf === 0 ? 'starting' : 'ok' };
    const { code, message, remedy } = this.#problem;
    return { ...base, state: this.#asOf === 0 ? 'failed' : 'stale', problem: { code, message, remedy } };
  }

  watch(): () => void {
    this.#watchers += 1;
    if (this.#stop === undefined) {
      this.#stop = new AbortController();
      void this.#run(this.#stop.signal);
    }
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      this.#watchers -= 1;
      if (this.#watchers === 0) this.stop();
    };
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#asOf = 0;
    this.#full = [];
    this.#problem = undefined;
    this.#ranges.clear();
  }

  onTick(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async ready(ms: number, patienceMs: number): Promise<void> {
    if (this.within(ms).length > 0) return;
    const { signal } = this.#stop ?? new AbortController();
    await Promise.race([
      this.#refresh([ms], signal),
      onceSo(this, () => this.#problem !== undefined || this.within(ms).length > 0, patienceMs),
    ]);
  }

  within(ms: number): readonly Tick[] {
    const followed = this.#ranges.get(ms) ?? { ticks: [], askedAt: 0 };
    followed.askedAt = this.#options.now();
    this.#ranges.set(ms, followed);
    return followed.ticks;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { now, everyMs, after } = this.#options;
    while (!signal.aborted) {
      for (const [ms, { askedAt }] of this.#ranges) if (askedAt < now() - keptMs) this.#ranges.delete(ms);
      const ranges = [...this.#ranges.keys()];
      await this.#refresh(ranges.length === 0 ? [60_000] : ranges, signal);
      await new Promise<void>((resolve) => {
        const end = (): void => {
          cancel();
          signal.removeEventListener('abort', end);
          resolve();
        };
        const cancel = after(everyMs, end);
        signal.addEventListener('abort', end);
      });
    }
  }

  async #refresh(ranges: readonly number[], signal: AbortSignal): Promise<void> {
    try {
      const [found, full] = await Promise.all([
        Promise.all(ranges.map(async (ms) => [ms, await this.#read(ms, signal)] as const)),
        this.#readFull(signal),
      ]);
      if (signal.aborted) return;
      const now = this.#options.now();
      for (const [ms, ticks] of found) this.#ranges.set(ms, { ticks, askedAt: this.#ranges.get(ms)?.askedAt ?? now });
      this.#asOf = now;
      this.#full = full;
      this.#problem = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.#problem = asOutriggerError(error);
    }
    for (const listener of [...this.#listeners]) guarded('a graph', this.#options.onFault, listener);
  }

  #ask(text: string, limit: AbortSignal): Promise<Measured[]> {
    return queryPrometheus(this.#options.fetchText, this.#options.url, text, limit);
  }

  #limit(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, AbortSignal.timeout(this.#options.timeoutMs)]);
  }

  async #readFull(signal: AbortSignal): Promise<string[]> {
    const proxies = (await this.#ask(atBound, this.#limit(signal))).map(({ labels: given }) => {
      const pod = given.get('pod') ?? '';
      return pod === '' ? (given.get('instance') ?? 'a proxy') : `${given.get('namespace') ?? ''}/${pod}`;
    });
    return [...new Set(proxies)].sort();
  }

  async #read(ms: number, signal: AbortSignal): Promise<Tick[]> {
    const limit = this.#limit(signal);
    const seconds = Math.round(ms / 1000);
    const [end, recent] = [this.#options.now(), Math.min(newest, seconds)];
    const cut = end - recent * 1000;
    const [there] = await this.#ask('count(istio_requests_total or istio_tcp_connections_opened_total)', limit);
    if (there === undefined) throw new OutriggerError('OR4031', 'it has no istio_requests_total: it asks no proxies');
    const read = (window: string) => this.#tallies(window, limit);
    const last = { start: cut, end, tallies: await read(`${recent}s]`) };
    if (seconds <= newest) return [last];
    const before = await read(`${seconds - newest}s] offset ${newest}s`);
    return [{ start: end - ms, end: cut, tallies: before }, last];
  }

  /** `window` is the end of a selector: `30s] offset 30s`. */
  async #tallies(window: string, limit: AbortSignal): Promise<Tallies> {
    const tallies: Tallies = new Map();
    let unread = 0;
    for (const name of metrics) {
      const rows = await this.#ask(`sum by (${labels}) (increase(${name}[${window}))`, limit);
      for (const { labels: given, value } of rows.filter((row) => row.value > 0)) {
        const call = readCall({ name, labels: given });
        if (call === undefined) unread += 1;
        else addTo(tallies, edgeKey(call), call, value);
      }
    }
    // An empty graph would say that nobody calls anybody.
    if (unread > 0 && tallies.size === 0)
      throw new OutriggerError('OR4031', 'it counts calls without the label reporter: a rule drops or renames it');
    return tallies;
  }
}
