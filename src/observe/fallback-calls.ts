import type { TelemetrySource } from '../model/service-graph.ts';
import type { CallCounts } from './call-counts.ts';
import type { Tick } from './history.ts';

/** Prometheus as long as it answers; else the proxies, which are asked only then. What is wrong is told with what they say. */
export class FallbackCalls implements CallCounts {
  readonly #first: CallCounts;
  readonly #second: CallCounts;
  #watchers = 0;
  #endSecond: (() => void) | undefined;

  constructor(first: CallCounts, second: CallCounts) {
    this.#first = first;
    this.#second = second;
    first.onTick(() => this.#choose());
  }

  get source(): TelemetrySource {
    const { problem } = this.#first.source;
    if (problem === undefined) return this.#first.source;
    const second = this.#second.source;
    return { ...second, state: second.state === 'failed' ? 'failed' : 'fallback', problem };
  }

  watch(): () => void {
    this.#watchers += 1;
    const end = this.#first.watch();
    this.#choose();
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      this.#watchers -= 1;
      end();
      this.#choose();
    };
  }

  onTick(listener: () => void): () => void {
    const ends = [this.#first.onTick(listener), this.#second.onTick(listener)];
    return () => {
      for (const end of ends) end();
    };
  }

  async ready(ms: number, patienceMs: number): Promise<void> {
    await this.#first.ready(ms, patienceMs);
    if (this.#fails()) await this.#second.ready(ms, patienceMs);
  }

  within(ms: number): readonly Tick[] {
    const first = this.#first.within(ms);
    return this.#fails() ? this.#second.within(ms) : first;
  }

  #fails(): boolean {
    return this.#first.source.problem !== undefined;
  }

  #choose(): void {
    if (this.#watchers > 0 && this.#fails()) this.#endSecond ??= this.#second.watch();
    else {
      this.#endSecond?.();
      this.#endSecond = undefined;
    }
  }
}
