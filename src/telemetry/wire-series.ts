import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The series of the configuration streams. Types of resources and codes are closed sets; no label names a user's object. */
export class WireSeries {
  readonly #streams: Gauge<'protocol'>;
  readonly #ended: Counter<'code'>;
  readonly #requests: Counter<'type'>;
  readonly #responses: Counter<'type'>;
  readonly #resources: Counter<'type'>;
  readonly #bytes: Counter<'type'>;
  readonly #rejections: Counter<'type'>;
  readonly #convergence: Histogram;

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
  }

  streams(change: 1 | -1, protocol: 'delta' | 'sotw'): void {
    this.#streams.inc({ protocol }, change);
  }

  ended(code: string): void {
    this.#ended.inc({ code });
  }

  request(type: string): void {
    this.#requests.inc({ type });
  }

  response(type: string, resources: number, bytes: number): void {
    this.#responses.inc({ type });
    this.#resources.inc({ type }, resources);
    this.#bytes.inc({ type }, bytes);
  }

  rejection(type: string): void {
    this.#rejections.inc({ type });
  }

  converged(ms: number): void {
    this.#convergence.observe(ms / 1000);
  }
}
