import { Counter, Gauge, type Registry } from 'prom-client';

/** What the mesh is at the moment of a scrape. Times in milliseconds since the epoch. */
export interface MeshFacts {
  readonly services: number;
  readonly virtualServices: number;
  readonly gateways: number;
  /** When the configuration that is served now was made. */
  readonly snapshotAt: number;
  /** Connected proxies by what they made of what they were sent. */
  readonly proxies: Readonly<Record<string, number>>;
  /** Proxies that wait for their turn. */
  readonly queued: number;
  /** Undefined before there is a root. */
  readonly rootEndsAt: number | undefined;
  readonly certificates: {
    readonly issued: number;
    readonly failed: number;
    readonly held: number;
    readonly firstEndsAt: number | undefined;
  };
}

const registryKinds = ['Service', 'EndpointSlice', 'Endpoints', 'Pod', 'Node', 'Namespace'];
/** Istio's words for why proxies are pushed. */
const triggers: Readonly<Record<string, string>> = {
  ...{ Service: 'service', EndpointSlice: 'endpoint', Endpoints: 'endpoint', Pod: 'endpoint', Secret: 'secret' },
};

/** The series of the mesh as a whole, under our names and under those that Istio's dashboards ask for. */
export class MeshSeries {
  readonly #configEvents: Counter<'type' | 'event'>;
  readonly #registryEvents: Counter<'type' | 'event'>;
  readonly #triggers: Counter<'type'>;

  /** `facts` is asked at every scrape; `now` is milliseconds since the epoch. */
  constructor(registry: Registry, facts: () => MeshFacts, now: () => number) {
    const registers = [registry];
    const gauge = (name: string, help: string, value: (facts: MeshFacts) => number | undefined) => {
      new Gauge({
        ...{ name, help, registers },
        collect() {
          const known = value(facts());
          if (known === undefined) this.remove();
          else this.set(known);
        },
      });
    };
    const total = (name: string, help: string, value: (facts: MeshFacts) => number) => {
      new Counter({
        ...{ name, help, registers },
        collect() {
          this.reset();
          this.inc(value(facts()));
        },
      });
    };
    const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : Math.floor(ms / 1000));
    gauge('pilot_services', 'Services that are known.', ({ services }) => services);
    gauge('pilot_virt_services', 'VirtualServices that are known.', ({ virtualServices }) => virtualServices);
    gauge('outrigger_gateways', 'Gateways that are known.', ({ gateways }) => gateways);
    gauge(
      'outrigger_snapshot_age_seconds',
      'Age of the configuration that is served: since the last change.',
      ({ snapshotAt }) => (now() - snapshotAt) / 1000,
    );
    gauge('outrigger_push_queue_length', 'Proxies that wait for their turn.', ({ queued }) => queued);
    const rootEnd = 'End of the certificate that signs, seconds since 1970.';
    gauge('citadel_server_root_cert_expiry_timestamp', rootEnd, ({ rootEndsAt }) => inSeconds(rootEndsAt));
    gauge('outrigger_root_expiry_timestamp_seconds', rootEnd, ({ rootEndsAt }) => inSeconds(rootEndsAt));
    gauge('outrigger_workload_certificates', 'Certificates of connected proxies.', (at) => at.certificates.held);
    gauge(
      'outrigger_workload_certificate_first_expiry_timestamp_seconds',
      'Of all certificates of connected proxies the first end, seconds since 1970.',
      ({ certificates }) => inSeconds(certificates.firstEndsAt),
    );
    const issued = 'Certificates issued.';
    total('outrigger_certificates_issued_total', issued, ({ certificates }) => certificates.issued);
    total('citadel_server_success_cert_issuance_count', issued, ({ certificates }) => certificates.issued);
    total(
      'outrigger_certificates_failed_total',
      'Certificates that could not be issued.',
      (at) => at.certificates.failed,
    );
    new Gauge({
      name: 'outrigger_proxies',
      help: 'Connected proxies: synced, stale (owes an answer for seconds), nacked (rejected something), waiting.',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, count] of Object.entries(facts().proxies)) this.set({ state }, count);
      },
    });
    const events = (name: string, help: string) =>
      new Counter({ name, help, labelNames: ['type', 'event'], registers });
    this.#configEvents = events('pilot_k8s_cfg_events', 'Changes of configuration, by kind.');
    this.#registryEvents = events('pilot_k8s_reg_events', 'Changes of services, endpoints and pods, by kind.');
    this.#triggers = new Counter({
      name: 'pilot_push_triggers',
      help: 'Why proxies may have been pushed.',
      labelNames: ['type'],
      registers,
    });
  }

  /** Objects came, changed or went; kinds are those that the mesh reads, and removals `<kind> <namespace>/<name>`. */
  changed({ upserts, removals }: { upserts: readonly { kind: string }[]; removals: readonly string[] }): void {
    const gone = removals.map((key) => key.split(' ')[0] ?? '');
    for (const { kind } of upserts) this.#count(kind, 'update');
    for (const kind of gone) this.#count(kind, 'delete');
    const why = new Set([...upserts.map(({ kind }) => kind), ...gone].map((kind) => triggers[kind] ?? 'config'));
    for (const type of why) this.#triggers.inc({ type });
  }

  #count(type: string, event: string): void {
    (registryKinds.includes(type) ? this.#registryEvents : this.#configEvents).inc({ type, event });
  }
}
