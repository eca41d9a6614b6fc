import { OutriggerError } from '../errors.ts';
import { type FaultListener, faultOf, guarded } from '../model/fault.ts';
import type { TelemetrySource } from '../model/service-graph.ts';
import { type CallCounts, onceSo } from './call-counts.ts';
import { History, type Tick } from './history.ts';
import { ProxyCounters, type ProxyUse } from './proxy-counters.ts';
import type { Tallies } from './tally.ts';

/** A proxy that can be asked. */
export interface ScrapeTarget {
  /** `<namespace>/<pod>` */
  readonly id: string;
  readonly address: string;
}

export interface ScraperOptions {
  /** Those that there are now. */
  readonly targets: () => readonly ScrapeTarget[];
  /** What a proxy answers, whole. Rejects when it does not, or with too much. */
  readonly fetch: (target: ScrapeTarget, signal: AbortSignal) => Promise<Buffer>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls back after so many milliseconds; the answer takes it back. */
  readonly after: (ms: number, act: () => void) => () => void;
  /** OR1661 of a listener that throws, and of a round that failed; the next one comes all the same. */
  readonly onFault: FaultListener;
  readonly everyMs?: number;
  readonly timeoutMs?: number;
  /** Proxies asked at the same time. */
  readonly atOnce?: number;
  /** Goes on for so long when nobody watches any more: a page that is loaded again finds its curves. */
  readonly lingerMs?: number;
}

/** Asks each proxy what it counted, and only while somebody watches. */
export class Scraper implements CallCounts {
  readonly #options: Required<ScraperOptions>;
  readonly history = new History();
  #counters = new Map<string, ProxyCounters>();
  readonly #listeners = new Set<() => void>();
  #watchers = 0;
  #stop: AbortController | undefined;
  #endLinger: (() => void) | undefined;
  #asked = 0;
  #answered = 0;
  #lastProblem = '';
  #asOf = 0;

  constructor(options: ScraperOptions) {
    this.#options = { everyMs: 5000, timeoutMs: 3000, atOnce: 6, lingerMs: 60_000, ...options };
  }

  /** From now on proxies are asked; the answer ends that. */
  watch(): () => void {
    this.#watchers += 1;
    this.#endLinger?.();
    this.#endLinger = undefined;
    this.#begin();
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      this.#watchers -= 1;
      if (this.#watchers === 0) this.#endLinger = this.#options.after(this.#options.lingerMs, () => this.stop());
    };
  }

  /** Told of each tick. The answer ends that. */
  onTick(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  ready(_: number, patienceMs: number): Promise<void> {
    return onceSo(this, () => this.source.state !== 'starting', patienceMs);
  }

  within(ms: number): readonly Tick[] {
    return this.history.within(ms);
  }

  /** What a proxy uses, as it said last; undefined: it did not answer lately. */
  useOf(id: string): ProxyUse | undefined {
    return this.#counters.get(id)?.use;
  }

  get running(): boolean {
    return this.#stop !== undefined;
  }

  get source(): TelemetrySource {
    const full = [...this.#counters].filter(([, { use }]) => use.isFull).map(([id]) => id);
    const counted = { asked: this.#asked, answered: this.#answered };
    const proxies = full.length === 0 ? counted : { ...counted, full };
    const base = { kind: 'proxies', asOf: this.#asOf, proxies } as const;
    if (this.history.ticks.length === 0 && (this.#answered > 0 || this.#asked === 0))
      return { ...base, state: 'starting' };
    if (this.#asked === 0 || this.#answered > 0) return { ...base, state: 'ok' };
    return { ...base, state: 'failed', problem: silent(this.#asked, this.#lastProblem) };
  }

  stop(): void {
    this.#endLinger?.();
    this.#endLinger = undefined;
    this.#stop?.abort();
    this.#stop = undefined;
    // What was counted while nobody looked would all be of the next tick.
    this.#counters = new Map();
    this.history.clear();
    this.#asked = 0;
    this.#answered = 0;
  }

  #begin(): void {
    if (this.#stop !== undefined) return;
    const stop = new AbortController();
    this.#stop = stop;
    void this.#run(stop.signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { now, everyMs } = this.#options;
    let last: number | undefined;
    while (!signal.aborted) {
      const started = now();
      const tallies = await this.#round(signal);
      if (signal.aborted) return;
      // Nothing is told by one reading: the second one comes sooner.
      const pause = last === undefined ? everyMs / 5 : everyMs;
      if (last !== undefined) this.#push({ start: last, end: started, tallies });
      last = started;
      for (const listener of [...this.#listeners]) guarded('a graph', this.#options.onFault, listener);
      await this.#wait(Math.max(pause - (now() - started), everyMs / 5), signal);
    }
  }

  #push(tick: Tick): void {
    this.history.push(tick);
    this.#asOf = tick.end;
  }

  /** A round that fails is one in which nobody answered. */
  async #round(signal: AbortSignal): Promise<Tallies> {
    try {
      return await this.#askAll(signal);
    } catch (error) {
      this.#options.onFault(faultOf('OR1661', 'a round of questions to proxies', error));
      return new Map();
    }
  }

  async #askAll(signal: AbortSignal): Promise<Tallies> {
    const targets = this.#options.targets();
    this.#keepOnly(targets);
    const tallies: Tallies = new Map();
    const queue = targets.values();
    let answered = 0;
    const work = async (): Promise<void> => {
      for (const target of queue) if (await this.#ask(target, tallies, signal)) answered += 1;
    };
    await Promise.all(Array.from({ length: Math.min(this.#options.atOnce, targets.length) }, work));
    if (signal.aborted) return tallies;
    this.#asked = targets.length;
    this.#answered = answered;
    return tallies;
  }

  async #ask(target: ScrapeTarget, tallies: Tallies, signal: AbortSignal): Promise<boolean> {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#options.timeoutMs)]);
      const body = await this.#options.fetch(target, limit);
      if (signal.aborted) return false;
      const counters = this.#counters.get(target.id) ?? new ProxyCounters(target.id.split('/', 1)[0]);
      this.#counters.set(target.id, counters);
      counters.take(body, tallies);
      return true;
    } catch (error) {
      // It may be on its way out; what it counted since is lost with it. One that stays away is told by the numbers.
      this.#lastProblem = `${target.id}: ${error instanceof Error ? error.message : String(error)}`;
      return false;
    }
  }

  #keepOnly(targets: readonly ScrapeTarget[]): void {
    const there = new Set(targets.map(({ id }) => id));
    for (const id of this.#counters.keys()) if (!there.has(id)) this.#counters.delete(id);
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#options.after(ms, end);
      signal.addEventListener('abort', end);
    });
  }
}

function silent(asked: number, last: string): NonNullable<TelemetrySource['problem']> {
  const { code, message, remedy } = new OutriggerError('OR4030', `${asked} were asked; ${last}`);
  return { code, message, remedy };
}
