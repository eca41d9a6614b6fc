import { setTimeout as sleep } from 'node:timers/promises';
import { Discovery } from '../../discovery/discovery.ts';
import { Encoder } from '../../discovery/encoder.ts';
import { WorkloadSecrets } from '../../discovery/workload-secrets.ts';
import type { OutriggerError } from '../../errors.ts';
import type { ReadinessCheck } from '../../http/health.ts';
import { systemClock } from '../../identity/serving-certificates.ts';
import { CertificateKeeper } from '../../identity/workload/certificate-keeper.ts';
import { WorkloadCa } from '../../identity/workload/workload-ca.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import { printOrigin } from '../../model/origin.ts';
import { Registry } from '../../registry/registry.ts';
import { printRegistryProblem } from '../../registry/registry-problem.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { AdsServer } from '../../wire/ads-server.ts';
import { Ledger } from '../../wire/ledger.ts';
import { RotatingCredentials } from '../../wire/rotating-credentials.ts';
import type { WireMetrics } from '../../wire/wire-metrics.ts';
import type { Component } from '../component.ts';
import type { Config } from '../config.ts';
import { configurators } from './configurators.ts';
import type { MeshParts } from './mesh-parts.ts';

export interface MeshOptions {
  readonly settings: MeshSettings;
  readonly discovery: Config['discovery'];
  /** Names of the certificate of the discovery port. */
  readonly names: readonly string[];
  readonly parts: MeshParts;
  readonly metrics: WireMetrics;
  readonly logger: Logger;
}

const wireClock = {
  now: () => Date.now(),
  after: systemClock.after,
};

/** The configuration flow: objects become a snapshot, the snapshot each proxy's resources, and these go out. */
export class MeshComponent implements Component {
  readonly name = 'mesh';
  readonly registry: Registry;
  readonly ledger: Ledger;
  readonly #options: MeshOptions;
  readonly #authority: WorkloadCa;
  readonly #keeper: CertificateKeeper;
  readonly #server: AdsServer;
  #port = 0;
  #objectsCame = false;

  constructor(options: MeshOptions) {
    const { settings, logger, parts, discovery } = options;
    this.#options = options;
    this.registry = new Registry({
      domainSuffix: settings.domainSuffix,
      onProblem: (problem) => {
        const { code, severity } = problem;
        const line = { code, severity, origin: printOrigin(problem.origin) };
        logger.warn(line, printRegistryProblem(problem));
      },
    });
    this.#authority = new WorkloadCa({
      store: parts.rootStore,
      place: parts.rootPlace,
      clock: systemClock,
      lifetimeMs: discovery.certificateHours * 3_600_000,
    });
    this.#keeper = new CertificateKeeper({
      authority: this.#authority,
      clock: systemClock,
      onFailure: (identity, error) => logger.error({ code: error.code, identity, remedy: error.remedy }, error.message),
    });
    this.ledger = new Ledger(logger, wireClock.now);
    this.#server = new AdsServer({
      authenticator: parts.authenticator,
      sessions: this.#sessions(),
      clock: wireClock,
      random: Math.random,
      ledger: this.ledger,
      metrics: options.metrics,
      log: logger,
    });
  }

  /** The port in use; 0 before the start. */
  get port(): number {
    return this.#port;
  }

  /** What proxies trust, PEM: for the ConfigMap that pods mount. */
  get rootsPem(): string {
    return this.#authority.rootsPem;
  }

  readonly readiness: ReadinessCheck = {
    name: 'discovery',
    problem: () => {
      if (!this.#objectsCame) return 'the objects of the mesh are not listed yet';
      return this.#port === 0 ? 'its port is not open yet' : undefined;
    },
  };

  /** The port opens when all is known: a proxy that came earlier would be emptied. */
  async start(signal: AbortSignal): Promise<void> {
    const { parts, discovery, names } = this.#options;
    await this.#authority.load();
    this.#authority.watch((error) => this.#fail(error), signal);
    parts.objects.onObjects((changes) => this.registry.apply(changes));
    while (!parts.objects.objectsSynced) await sleep(20, undefined, { signal });
    this.#objectsCame = true;
    const pair = await this.#authority.issueServing(names);
    const credentials = new RotatingCredentials({ certificate: pair.chainPem, key: pair.keyPem });
    this.#renewServing(credentials, pair.notAfter, signal);
    this.#port = await this.#server.listen({ host: discovery.host, port: discovery.port }, credentials);
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    this.#keeper.close();
  }

  #sessions(): Discovery {
    const { settings, logger } = this.#options;
    const encoder = new Encoder((resource, error) => {
      const origins = resource.origins.map(printOrigin);
      logger.error({ code: 'OR2403', type: resource.type, resource: resource.name, origins }, error.message);
    });
    return new Discovery({
      source: this.registry,
      secrets: new WorkloadSecrets(this.#keeper, this.#authority),
      settings,
      configurator: configurators(settings, encoder),
      patienceMs: 5000,
      after: systemClock.after,
    });
  }

  /** At half-life; a failure is tried again, the last certificate stays in use. */
  #renewServing(credentials: RotatingCredentials, notAfter: Date, signal: AbortSignal): void {
    const renew = async (): Promise<void> => {
      if (signal.aborted) return;
      try {
        const pair = await this.#authority.issueServing(this.#options.names);
        credentials.update({ certificate: pair.chainPem, key: pair.keyPem });
        this.#renewServing(credentials, pair.notAfter, signal);
      } catch (error) {
        this.#fail(error as OutriggerError);
        systemClock.after(60_000, () => void renew());
      }
    };
    const halfLife = Math.max((notAfter.getTime() - Date.now()) / 2, 1000);
    const cancel = systemClock.after(Math.min(halfLife, 2 ** 31 - 1), () => void renew());
    const unsubscribe = this.#authority.onChange(() => {
      cancel();
      unsubscribe();
      void renew();
    });
    signal.addEventListener('abort', cancel, { once: true });
  }

  #fail(error: OutriggerError): void {
    this.#options.logger.error({ code: error.code, remedy: error.remedy }, error.message);
  }
}
