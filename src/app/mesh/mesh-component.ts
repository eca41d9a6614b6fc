import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Discovery, type DiscoveryOptions } from '../../discovery/discovery.ts';
import { Encoder } from '../../discovery/encoder.ts';
import { WorkloadSecrets } from '../../discovery/workload-secrets.ts';
import type { DnsServer } from '../../dns/dns-server.ts';
import { asOutriggerError, OutriggerError } from '../../errors.ts';
import type { ReadinessCheck } from '../../http/health.ts';
import type { Validity } from '../../identity/renewal.ts';
import type { RootReport } from '../../identity/rotation/root-report.ts';
import { systemClock } from '../../identity/serving-certificates.ts';
import { CertificateKeeper } from '../../identity/workload/certificate-keeper.ts';
import { WorkloadCa } from '../../identity/workload/workload-ca.ts';
import { Learner } from '../../learning/learner.ts';
import type { MachineRegistrar } from '../../machines/machine-registrar.ts';
import { guarded } from '../../model/fault.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import { printOrigin } from '../../model/origin.ts';
import type { ProxyReport } from '../../model/proxy-report.ts';
import { spiffeId } from '../../model/workload.ts';
import { Registry } from '../../registry/registry.ts';
import type { ObjectChanges } from '../../source/object-source.ts';
import type { MeshFacts } from '../../telemetry/mesh-series.ts';
import { AdsServer } from '../../wire/ads-server.ts';
import { wireClock } from '../../wire/clock.ts';
import { Ledger } from '../../wire/ledger.ts';
import { ServingCertificate } from '../../wire/serving-certificate.ts';
import { questionResources } from '../../xds/translate/question.ts';
import type { Component } from '../component.ts';
import { packageVersion } from '../places.ts';
import type { TokenKeys } from '../token-keys/token-keys.ts';
import { configurators, sightOf } from './configurators.ts';
import { DiscoverySelection } from './discovery-selection.ts';
import { EmergencyStages } from './emergency-stages.ts';
import { FieldWarnings } from './field-warnings.ts';
import { gatewayLookup } from './gateway-lookup.ts';
import type { GatewayNames } from './gateway-names.ts';
import { JointWarnings } from './joint-warnings.ts';
import { loggedTellings } from './logged-tellings.ts';
import { Looking } from './looking.ts';
import { machineRegistrar, probesOf } from './machine-registrar.ts';
import { meshDnsServer } from './mesh-dns.ts';
import { meshFacts } from './mesh-facts.ts';
import type { MeshOptions } from './mesh-options.ts';
import { untilDone, untilListed } from './patience.ts';
import { plaintextPeer } from './plaintext-peer.ts';
import { problemLog } from './problem-log.ts';
import { reportProxies } from './proxy-reporter.ts';
import { Replicas } from './replicas.ts';
import { RootReporter } from './root-report.ts';
import { renewServing } from './serving-renewal.ts';
import { tellWarnings } from './tell-warnings.ts';

/** Milliseconds. */
const [longestForKeys, longestForScopes] = [6_000, 3_000];

/** The configuration flow: objects become a snapshot, the snapshot each proxy's resources, and these go out. */
export class MeshComponent implements Component {
  readonly name = 'mesh';
  readonly registry: Registry;
  readonly ledger: Ledger;
  /** Fields of resources that have no effect yet. */
  readonly warnings = new FieldWarnings();
  readonly #selection: DiscoverySelection;
  readonly #emergencies: EmergencyStages;
  readonly #jointWarnings = new JointWarnings();
  readonly #options: MeshOptions;
  readonly #authority: WorkloadCa;
  readonly #keeper: CertificateKeeper;
  readonly #server: AdsServer;
  readonly #sight;
  readonly #dns: DnsServer;
  readonly #tokenKeys: TokenKeys | undefined;
  /** What workloads use; undefined where nothing is learnt. */
  readonly learner: Learner | undefined;
  readonly looking: Looking;
  readonly replicas: Replicas;
  readonly #secrets: WorkloadSecrets;
  readonly #reporter: RootReporter;
  /** What metrics tell of it. */
  readonly facts: MeshFacts;
  readonly #machines: MachineRegistrar | undefined;
  readonly #gatewayNames: GatewayNames;
  #credentials: ServingCertificate | undefined;
  #port = 0;
  #objectsCame = false;
  /** Why the port is not open, when that is more than a matter of moments. */
  #obstacle: OutriggerError | undefined;

  constructor(options: MeshOptions) {
    const { settings, logger, parts, discovery, onFault } = options;
    this.#options = options;
    this.#sight = sightOf(settings);
    this.#selection = new DiscoverySelection(settings.discoverySelectors);
    this.#emergencies = new EmergencyStages({
      ...{ now: wireClock.now, after: systemClock.after },
      onChange: (changes) => guarded('emergencies', onFault, () => this.#accept(changes)),
      tell: ({ what, ...about }) => logger.warn(about, `emergency ${what}`),
    });
    this.registry = new Registry({
      domainSuffix: settings.domainSuffix,
      rootNamespaces: settings.rootNamespaces,
      onFault,
      onProblem: problemLog(logger, onFault),
    });
    this.#dns = meshDnsServer({
      ...{ settings, onFault, ...this.#sight, nameservers: options.nameservers ?? [] },
      snapshot: () => this.registry.snapshot,
    });
    this.#tokenKeys = options.tokenKeys?.(this.registry);
    if (options.learning?.enabled === true && parts.scopeStore !== undefined)
      this.learner = new Learner({
        ...{ store: parts.scopeStore, now: wireClock.now, after: systemClock.after, ...options.learning },
        onProblem: (error) => this.#fail(error),
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
    this.#secrets = new WorkloadSecrets(this.#keeper, this.#authority, options.federatedPem);
    this.ledger = new Ledger(logger, wireClock.now);
    this.#reporter = this.#makeReporter();
    this.#gatewayNames = gatewayLookup(this.registry, settings, (error) => this.#fail(error));
    this.#machines = parts.machines && machineRegistrar(parts.machines, (error) => this.#fail(error));
    this.looking = new Looking(this.registry);
    this.replicas = new Replicas({
      ...{ place: options.place, trustDomain: settings.trustDomain, authority: this.#authority, clock: wireClock },
      ...{ snapshot: () => this.registry.snapshot, port: () => this.#port },
    });
    const view = {
      snapshot: () => this.registry.snapshot,
      report: (proxy?: string) => this.proxyReport(proxy),
      settled: () => this.ledger.settled(),
    };
    this.#server = new AdsServer({
      authenticator: parts.authenticator,
      sessions: this.#sessions(),
      clock: wireClock,
      random: Math.random,
      ledger: this.ledger,
      metrics: options.metrics,
      log: logger,
      taps: this.looking.streams,
      peers: this.looking.peers(view, this.replicas.isPeer),
      ...probesOf(this.#machines, this.registry),
      certify: ({ namespace, serviceAccount }, csrPem, lifetimeMs) =>
        this.#authority.certify(spiffeId(settings.trustDomain, namespace, serviceAccount), csrPem, lifetimeMs),
    });
    const { registry, ledger } = this;
    const [server, authority, keeper] = [this.#server, this.#authority, this.#keeper];
    this.facts = meshFacts({ registry, ledger, server, authority, keeper, now: wireClock.now });
  }

  /** The port in use; 0 before the start. */
  get port(): number {
    return this.#port;
  }

  /** What proxies trust, PEM: for the ConfigMap that pods mount. */
  get rootsPem(): string {
    return this.#authority.rootsPem;
  }

  /** What of the mesh's root this replica and its proxies have followed. */
  rootReport(): Promise<RootReport> {
    return this.#reporter.report();
  }

  /** What this replica has sent to whom, and what became of it. */
  proxyReport(proxy?: string): ProxyReport {
    const from = { instance: hostname(), version: packageVersion(), now: wireClock.now };
    return reportProxies({ ...from, ledger: this.ledger, snapshot: () => this.registry.snapshot }, proxy);
  }

  /** Of those for an identity that this replica keeps, milliseconds since 1970. */
  readonly certificateEnd = (spiffeId: string): number | undefined => this.#keeper.endOf(spiffeId);
  /** How many issuers' keys are in which state. */
  tokenKeyStates(): TokenKeys['states'] | undefined {
    return this.#tokenKeys?.states;
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
    this.#tokenKeys?.close();
    this.#gatewayNames.close();
    this.#emergencies.stop();
    this.#dns.stop();
    await this.#server.stop();
    await this.learner?.save();
    this.#keeper.close();
  }

  /** The port opens when all is known: a proxy that came earlier would be emptied. */
  async #open(signal: AbortSignal): Promise<void> {
    const { parts, discovery, names, logger } = this.#options;
    await this.#tried(() => this.#authority.load(), signal);
    this.#authority.watch((error) => this.#fail(error), signal);
    this.#publish(signal);
    for (const keeper of [parts.statuses, parts.emergencies, this.#machines]) keeper?.start(signal);
    parts.machines?.onObjects?.((changes) => this.#apply(changes));
    parts.objects.onObjects((changes) => this.#apply(changes));
    await untilListed(parts.objects, signal, () => this.#isLate());
    this.#objectsCame = true;
    // Nobody is held up for it: a pod that begins without it asks.
    await Promise.race([this.learner?.start(signal), sleep(longestForScopes, undefined, { signal, ref: false })]);
    await Promise.race([this.#gatewayNames.lookedUp(), sleep(longestForScopes, undefined, { signal, ref: false })]);
    // Without them good tokens would be refused for a moment; an issuer that does not answer holds nobody up.
    await Promise.race([this.#tokenKeys?.readOnce(), sleep(longestForKeys, undefined, { signal, ref: false })]);
    const pair = await this.#tried(() => this.#authority.issueServing(names), signal);
    const credentials = new ServingCertificate({
      ...{ certificate: pair.chainPem, key: pair.keyPem, clientRoots: pair.caPem },
    });
    this.#keepServing(credentials, pair, signal);
    this.#credentials = credentials;
    this.#port = await this.#tried(() => this.#listen(credentials), signal);
    this.#obstacle = undefined;
    logger.info({ host: discovery.host, port: this.#port }, 'discovery port open');
    await this.#listenDns();
    await this.#listenPlaintext();
  }

  /** What holds for the mesh from now on. */
  use(settings: MeshSettings): void {
    if (isDeepStrictEqual(settings, this.registry.snapshot.settings ?? this.#options.settings)) return;
    this.registry.apply(this.#selection.select(settings.discoverySelectors));
    this.registry.learnSettings(settings);
  }

  #apply(all: ObjectChanges): void {
    const changes = this.#selection.apply(all);
    this.#options.parts.emergencies?.apply(changes);
    this.#machines?.apply(changes);
    this.#accept(this.#emergencies.apply(changes));
  }

  #accept(changes: ObjectChanges): void {
    const before = this.registry.statuses;
    this.registry.apply(changes);
    const { logger, parts, onFault } = this.#options;
    const { statuses, snapshot } = this.registry;
    if (statuses !== before) guarded('statuses', onFault, () => parts.statuses?.want(statuses));
    const told = { fields: this.warnings, joint: this.#jointWarnings, logger };
    guarded('warnings', onFault, () => tellWarnings(told, changes, snapshot));
  }

  /** Proxies ask the pods' own resolvers where this port is not open, so it holds up nothing. */
  async #listenDns(): Promise<void> {
    const { host, dnsPort } = this.#options.discovery;
    if (dnsPort === 0) return;
    try {
      await this.#dns.start(host, dnsPort);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#fail(new OutriggerError('OR2209', `${host} port ${dnsPort}: ${why}`, { cause }));
    }
  }

  async #listenPlaintext(): Promise<void> {
    const { discovery, logger } = this.#options;
    if (discovery.plaintextPort === 0) return;
    const peer = plaintextPeer(this.registry.snapshot, discovery.plaintextPod);
    const port = await this.#server.listenInsecure(discovery.plaintextPort, peer);
    logger.warn({ port, pod: discovery.plaintextPod }, 'whoever is on this machine gets the configuration of this pod');
  }

  #keepServing(credentials: ServingCertificate, first: Validity, signal: AbortSignal): void {
    const renewal = {
      ...{ authority: this.#authority, names: this.#options.names, credentials },
      ...{ now: Date.now, after: systemClock.after },
      onFailure: (error: unknown) => this.#fail(asOutriggerError(error)),
    };
    renewServing(renewal, first, signal);
  }

  async #tried<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#options.parts.patient !== true) return act();
    const result = await untilDone(act, { signal, onFailure: (error) => this.#hinder(error) });
    this.#obstacle = undefined;
    return result;
  }

  /** The webhook is not held up by what is not on its way. */
  #isLate(): void {
    if (this.#options.parts.patient === true && this.#obstacle === undefined)
      this.#hinder(new OutriggerError('OR2207', 'a kind of them did not come for a minute'));
  }

  #hinder(error: OutriggerError): void {
    this.#obstacle = error;
    this.#fail(error);
  }

  async #listen(credentials: ServingCertificate): Promise<number> {
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

  #makeReporter(): RootReporter {
    const { publish } = this.#options.parts;
    return new RootReporter({
      instance: hostname(),
      authority: this.#authority,
      ledger: this.ledger,
      secrets: this.#secrets,
      snapshot: () => this.registry.snapshot,
      serving: () => (this.#port === 0 ? undefined : this.#credentials?.current.cert),
      unpublished: () => (publish === undefined ? [] : publish.behind),
      now: wireClock.now,
    });
  }

  #sessions(): Discovery {
    const { settings, logger } = this.#options;
    const encoder = new Encoder((resource, error) => {
      const origins = resource.origins.map(printOrigin);
      logger.error({ code: 'OR2403', type: resource.type, resource: resource.name, origins }, error.message);
    });
    return new Discovery({
      source: this.registry,
      secrets: this.#secrets,
      settings,
      ...this.#memory(),
      ...(this.#machines === undefined ? {} : { machines: this.#machines }),
      question: encoder.encodeAll(questionResources),
      configurator: configurators(settings, encoder, loggedTellings(logger), this.#sight),
      patienceMs: 5000,
      after: systemClock.after,
    });
  }

  #memory(): Pick<DiscoveryOptions, 'memory'> {
    const learner = this.learner;
    return learner === undefined ? {} : { memory: (workload) => learner.open(workload) };
  }

  #fail(error: OutriggerError): void {
    this.#options.logger.error({ code: error.code, remedy: error.remedy }, error.message);
  }
}
