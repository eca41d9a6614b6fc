import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Every metric of the control plane. Labels are closed sets: outcomes, reason codes, certificate names, file
 * problems by code. No label ever holds a name of a user's object.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Counter<'outcome'>;
  readonly #decisions: Counter<'reason'>;
  readonly #errors: Counter<'code'>;
  readonly #duration: Histogram;
  readonly #patchBytes: Histogram;
  readonly #expiry: Gauge<'certificate'>;
  readonly #certificateFailures: Counter;
  readonly #reloadFailures: Counter;
  readonly #faults: Counter<'code'>;
  readonly #brokenFiles: Gauge;
  readonly #reasons = new Set<string>();

  constructor() {
    const registers = [this.registry];
    const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
      new Counter<T>({ name: `outrigger_${name}`, help, labelNames, registers });
    this.#requests = counter('admission_requests_total', 'Answered admission requests by outcome.', ['outcome']);
    this.#decisions = counter('admission_decisions_total', 'Pods decided on, by deciding reason.', ['reason']);
    this.#errors = counter('admission_errors_total', 'Refused or malformed requests by error code.', ['code']);
    this.#duration = new Histogram({
      name: 'outrigger_admission_duration_seconds',
      help: 'From the body in memory to the answer in memory.',
      buckets: [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5],
      registers,
    });
    this.#patchBytes = new Histogram({
      name: 'outrigger_admission_patch_bytes',
      help: 'Length of the JSON patch of injected pods.',
      buckets: [1024, 2048, 4096, 8192, 16384, 32768, 65536, 262144],
      registers,
    });
    this.#expiry = new Gauge({
      name: 'outrigger_certificate_expiry_timestamp_seconds',
      help: 'End of validity, seconds since 1970.',
      labelNames: ['certificate'],
      registers,
    });
    this.#certificateFailures = counter('certificate_renewal_failures_total', 'Renewals that kept the last good.', []);
    this.#reloadFailures = counter('config_reload_failures_total', 'Reloads in which a file was found broken.', []);
    this.#faults = counter('faults_total', 'Objects and parts that failed; all else went on. Each is logged.', [
      'code',
    ]);
    this.#brokenFiles = new Gauge({
      name: 'outrigger_config_problems',
      help: 'Problems in the configuration folder now; the last good content of the files is served.',
      registers,
    });
    this.#brokenFiles.set(0);
    registerIstioNames(this.registry, this.#requests);
  }

  admission(event: AdmissionSample): void {
    this.#requests.inc({ outcome: event.outcome });
    if (event.reason !== '') this.#decisions.inc({ reason: this.#bounded(event.reason) });
    if (event.error !== undefined) this.#errors.inc({ code: event.error.code });
    if (event.outcome === 'malformed') return;
    this.#duration.observe(event.durationMs / 1000);
    if (event.patchBytes > 0) this.#patchBytes.observe(event.patchBytes);
  }

  certificateExpiry(certificate: 'leaf' | 'root', at: Date): void {
    this.#expiry.set({ certificate }, Math.floor(at.getTime() / 1000));
  }

  certificateRenewalFailed(): void {
    this.#certificateFailures.inc();
  }

  /** OR1660 or OR1661. */
  fault(code: string): void {
    this.#faults.inc({ code });
  }

  /** `problems` is how many there are now; `fresh` tells whether this reload found a new one. */
  configReload(problems: number, fresh: boolean): void {
    this.#brokenFiles.set(problems);
    if (fresh) this.#reloadFailures.inc();
  }

  /** Reason codes are a closed set; the cap holds even if a later one is not. */
  #bounded(reason: string): string {
    if (this.#reasons.has(reason)) return reason;
    if (this.#reasons.size >= 100) return 'other';
    this.#reasons.add(reason);
    return reason;
  }
}

export interface AdmissionSample {
  readonly outcome: string;
  readonly reason: string;
  readonly error: { readonly code: string } | undefined;
  readonly patchBytes: number;
  readonly durationMs: number;
}

/** The counters that dashboards made for Istio's injector ask for, computed when they are scraped. */
const istioNames: readonly [name: string, help: string, outcomes: readonly string[]][] = [
  ['requests', 'Pods that asked for injection.', ['injected', 'skipped', 'rejected', 'failed']],
  ['success', 'Pods injected.', ['injected']],
  ['failure', 'Pods refused.', ['rejected', 'failed']],
  ['skip', 'Pods left alone.', ['skipped']],
];

function registerIstioNames(registry: Registry, requests: Counter<'outcome'>): void {
  for (const [name, help, outcomes] of istioNames) {
    new Counter({
      name: `sidecar_injection_${name}_total`,
      help,
      registers: [registry],
      async collect() {
        const { values } = await requests.get();
        const matching = values.filter((value) => outcomes.includes(String(value.labels.outcome)));
        this.reset();
        this.inc(matching.reduce((sum, value) => sum + value.value, 0));
      },
    });
  }
}
