import { Counter, type Registry } from 'prom-client';

/** Istio's counters of its validating webhook: dashboards ask for these names. */
export class ValidationSeries {
  readonly #passed: Counter;
  readonly #failed: Counter<'reason'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#passed = new Counter({ name: 'galley_validation_passed', help: 'Resources let in.', registers });
    this.#failed = new Counter({
      ...{ name: 'galley_validation_failed', help: 'Resources refused, by the code of the reason.' },
      ...{ labelNames: ['reason'], registers },
    });
    // Dashboards begin at zero, not with a gap.
    this.#failed.inc({ reason: '' }, 0);
  }

  count({ passed, code }: { readonly passed: boolean; readonly code: string }): void {
    if (passed) this.#passed.inc();
    else this.#failed.inc({ reason: code });
  }
}
