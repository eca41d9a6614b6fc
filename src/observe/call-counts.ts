import type { TelemetrySource } from '../model/service-graph.ts';
import type { Tick } from './history.ts';

/** Whoever counts calls: the proxies themselves, or Prometheus. */
export interface CallCounts {
  readonly source: TelemetrySource;
  /** Counts while somebody watches; the answer ends that. */
  watch(): () => void;
  /** Told when there is something new. The answer ends that. */
  onTick(listener: () => void): () => void;
  /** Resolves once something of the last so many milliseconds is known, or after `patienceMs`. Never rejects. */
  ready(ms: number, patienceMs: number): Promise<void>;
  /** Of the last so many milliseconds, first tick first. */
  within(ms: number): readonly Tick[];
}

/** Where there is no mesh there is nothing to count. */
export const noCounts: CallCounts = {
  source: { kind: 'proxies', state: 'ok', asOf: 0, proxies: { asked: 0, answered: 0 } },
  watch: () => () => undefined,
  onTick: () => () => undefined,
  ready: async () => undefined,
  within: () => [],
};

/** Resolves when it is so, looked at on each tick, or after `patienceMs`. */
export async function onceSo(
  counts: Pick<CallCounts, 'onTick'>,
  isSo: () => boolean,
  patienceMs: number,
): Promise<void> {
  if (isSo()) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = counts.onTick(() => {
    if (isSo()) resolve();
  });
  const late = setTimeout(resolve, patienceMs);
  await promise;
  clearTimeout(late);
  end();
}
