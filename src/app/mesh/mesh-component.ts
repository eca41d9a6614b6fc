import { setTimeout as sleep } from 'node:timers/promises';
import { Discovery } from '../../discovery/discovery.ts';
import { Encoder } from '../../discovery/encoder.ts';
import { WorkloadSecrets } from '../../discovery/workload-secrets.ts';
import { OutriggerError } from '../../errors.ts';
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
import { untilDone } from './patience.ts';

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
  /** Why the port is not open, when that is more than a matter of moments. */
  #obstacle: OutriggerError | undefined;

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

  /** An obstacle is a note: the webhook is reached through the same Service, and has to go on. */
  readonly readiness: ReadinessCheck = {
    name: 'discovery',
    problem: () => {
      if (this.#obstacle !== undefined || this.#port !== 0) return undefined;
      return this.#objectsCame ? 'its port is not open yet' : 'the objects of the mesh are not listed yet';
    },
    notes: () => {
      const foreign = this.#options.parts.publish?.foreign ?? [];
      const pods = `pods of ${foreign.length} namespaces trust other roots (OR2220): ${foreign.slice(0, 5).join(', ')}`;
      const closed = this.#port === 0 ? this.#obstacle : undefined;
      return [
        ...(closed === undefined ? [] : [`no proxy is served: ${closed.message}. ${closed.remedy}`]),
        ...(foreign.length === 0 ? [] : [pods]),
      ];
    },
  };

  /** With patience, returns at once: what fails is tried again beside the webhook. */
  async start(signal: AbortSignal): Promise<void> {
    const opening = this.#open(signal);
    if (this.#options.parts.patient !== true) return opening;
    opening.catch((error) => {
      if (!signal.aborted) this.#hinder(error);
    });
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    this.#keeper.close();
  }

  /** The port opens when all is known: a proxy that came earlier would be emptied. */
  async #open(signal: AbortSignal): Promise<void> {
    const { parts, discovery, names, logger } = this.#options;
    await this.#tried(() => this.#authority.load(), signal);
    this.#authority.watch((error) => this.#fail(error), signal);
    this.#publish(signal);
    parts.objects.onObjects((changes) => this.registry.apply(changes));
    await this.#objectsListed(signal);
    this.#objectsCame = true;
    const pair = await this.#tried(() => this.#authority.issueServing(names), signal);
    const credentials = new RotatingCredentials({ certificate: pair.chainPem, key: pair.keyPem });
    this.#renewServing(credentials, pair.notAfter, signal);
    this.#port = await this.#tried(() => this.#listen(credentials), signal);
    this.#obstacle = undefined;
    logger.info({ host: discovery.host, port: this.#port }, 'discovery port open');
  }

  async #tried<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#options.parts.patient !== true) return act();
    const result = await untilDone(act, { signal, onFailure: (error) => this.#hinder(error) });
    this.#obstacle = undefined;
    return result;
  }

  #hinder(error: OutriggerError): void {
    this.#obstacle = error;
    this.#fail(error);
  }

  async #listen(credentials: RotatingCredentials): Promise<number> {
    const { host, port } = this.#options.discovery;
    try {
      return await this.#server.listen({ host, port }, credentials);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new OutriggerError('OR2208', `${host} port ${port}: ${why}`, { cause });
    }
  }

  #publish(signal: AbortSignal): void {
    const authority = this.#authority;
    this.#options.parts.publish?.start(
      {
        current: () => authority.rootsPem,
        refresh: () => authority.refresh().catch(() => undefined),
        onChange: (listener) => authority.onChange(({ roots }) => roots && listener()),
      },
      signal,
    );
  }

  /** What is missing after a minute is not on its way: then the webhook is not held up by it. */
  async #objectsListed(signal: AbortSignal): Promise<void> {
    const { objects, patient } = this.#options.parts;
    const late = Date.now() + 60_000;
    while (!objects.objectsSynced) {
      await sleep(20, undefined, { signal });
      if (patient === true && this.#obstacle === undefined && Date.now() > late)
        this.#hinder(new OutriggerError('OR2207', 'a kind of them did not come for a minute'));
    }
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
