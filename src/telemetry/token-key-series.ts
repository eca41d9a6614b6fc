import { Counter, Gauge, type Registry } from 'prom-client';

/** The series of the keys that issuers of tokens publish. No label names an issuer. */
export class TokenKeySeries {
  readonly #readings: Counter<'outcome'>;

  /** `states` is asked whenever the metrics are read. */
  constructor(registry: Registry, states: () => Readonly<Record<string, number>>) {
    const registers = [registry];
    this.#readings = new Counter({
      name: 'outrigger_jwks_readings_total',
      help: 'Readings of key sets of issuers.',
      labelNames: ['outcome'],
      registers,
    });
    new Gauge({
      name: 'outrigger_jwks_sources',
      help: 'Key sets of issuers: good, stale (the last reading failed, older keys are used), missing (no token is taken).',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, count] of Object.entries(states())) this.set({ state }, count);
      },
    });
  }

  reading(outcome: 'read' | 'failed'): void {
    this.#readings.inc({ outcome });
  }
}
