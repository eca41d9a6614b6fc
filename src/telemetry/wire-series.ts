import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What Istio's dashboards call our types of resources. */
const istioTypes: Readonly<Record<string, string>> = {
  ...{ cluster: 'cds', endpoint: 'eds', listener: 'lds', route: 'rds' },
  ...{ secret: 'sds', extension: 'ecds', virtualHost: 'vhds' },
};
const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

/**
 * The series of the configuration streams, under our names and, where Istio's dashboards ask for one, under theirs. Types of
 * resources and codes are closed sets; no label names a user's object.
 */
export class WireSeries {
  readonly #streams: Gauge<'protocol'>;
  readonly #ended: Counter<'code'>;
  readonly #requests: Counter<'type'>;
  readonly #responses: Counter<'type'>;
  readonly #resources: Counter<'type'>;
  readonly #bytes: Counter<'type'>;
  readonly #rejections: Counter<'type'>;
  readonly #convergence: Histogram;
  readonly #istio: IstioWireSeries;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
      new Counter<T>({ name: `outrigger_xds_${name}`, help, labelNames, registers });
    this.#streams = new Gauge({
      name: 'outrigger_xds_streams',
      help: 'Open streams of proxies.',
      labelNames: ['protocol'],
      registers,
    });
    this.#ended = counter('streams_ended_total', 'Streams that were refused or ended by us, by error code.', ['code']);
    this.#requests = counter('requests_total', 'Requests of proxies, acknowledgements among them.', ['type']);
    this.#responses = counter('responses_total', 'Responses written.', ['type']);
    this.#resources = counter('resources_total', 'Resources in these responses.', ['type']);
    this.#bytes = counter('bytes_total', 'Bytes of these responses.', ['type']);
    this.#rejections = counter('rejections_total', 'Responses that a proxy rejected (NACK).', ['type']);
    this.#convergence = new Histogram({
      name: 'outrigger_xds_convergence_seconds',
      help: "From a change to a proxy's last acknowledgement of it.",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
      registers,
    });
    this.#istio = new IstioWireSeries(registry);
    // A rate begins with the second value: what begins at one has none of its first.
    for (const type of Object.keys(istioTypes)) {
      for (const one of [this.#requests, this.#responses, this.#resources, this.#bytes, this.#rejections])
        one.inc({ type }, 0);
    }
  }

  streams(change: 1 | -1, protocol: 'delta' | 'sotw'): void {
    this.#streams.inc({ protocol }, change);
    this.#istio.connected.inc(change);
  }

  ended(code: string): void {
    this.#ended.inc({ code });
    // A fault of ours, and no refusal.
    if (code === 'OR1901') this.#istio.internalErrors.inc();
  }

  request(type: string): void {
    this.#requests.inc({ type });
  }

  response(type: string, resources: number, bytes: number): void {
    this.#responses.inc({ type });
    this.#resources.inc({ type }, resources);
    this.#bytes.inc({ type }, bytes);
    this.#istio.pushes.inc({ type: istioTypes[type] ?? type });
    this.#istio.size.observe({ type: istioTypes[type] ?? type }, bytes);
  }

  rejection(type: string): void {
    this.#rejections.inc({ type });
    this.#istio.rejects.inc({ type: istioTypes[type] ?? type });
  }

  queued(ms: number): void {
    this.#istio.queueTime.observe(ms / 1000);
  }

  pushed(ms: number): void {
    this.#istio.pushTime.observe(ms / 1000);
  }

  converged(ms: number): void {
    this.#convergence.observe(ms / 1000);
    this.#istio.convergence.observe(ms / 1000);
  }
}

class IstioWireSeries {
  readonly connected: Gauge;
  readonly pushes: Counter<'type'>;
  readonly rejects: Counter<'type'>;
  readonly internalErrors: Counter;
  readonly size: Histogram<'type'>;
  readonly pushTime: Histogram;
  readonly queueTime: Histogram;
  readonly convergence: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    const time = (name: string, help: string) => new Histogram({ name, help, buckets: seconds, registers });
    const byType = (name: string, help: string) => new Counter({ name, help, labelNames: ['type'], registers });
    this.connected = new Gauge({ name: 'pilot_xds', help: 'Open streams of proxies.', registers });
    this.pushes = byType('pilot_xds_pushes', 'Responses written.');
    this.rejects = byType('pilot_total_xds_rejects', 'Responses that a proxy rejected.');
    this.internalErrors = new Counter({
      name: 'pilot_total_xds_internal_errors',
      help: 'Streams that ended by a fault of the control plane.',
      registers,
    });
    this.size = new Histogram({
      name: 'pilot_xds_config_size_bytes',
      help: 'Bytes of a response.',
      labelNames: ['type'],
      buckets: [1e3, 1e4, 1e5, 1e6, 4e6, 1e7],
      registers,
    });
    this.pushTime = time('pilot_xds_push_time', 'Building and writing what is new for one proxy. Seconds.');
    this.queueTime = time('pilot_proxy_queue_time', 'From a change to the turn of a proxy. Seconds.');
    for (const type of Object.values(istioTypes)) {
      this.pushes.inc({ type }, 0);
      this.rejects.inc({ type }, 0);
    }
    this.convergence = time(
      'pilot_proxy_convergence_time',
      "From a change to a proxy's last acknowledgement. Seconds.",
    );
  }
}
