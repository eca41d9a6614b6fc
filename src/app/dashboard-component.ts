import { join } from 'node:path';
import type { FastifyPluginCallback } from 'fastify';
import { dashboardPlugins } from '../dashboard/dashboard-plugins.ts';
import { emergenciesShown } from '../dashboard/emergencies.ts';
import { EndpointLooks } from '../dashboard/endpoint-looks.ts';
import { fetchText } from '../dashboard/fetch-text.ts';
import { Graphs } from '../dashboard/graphs.ts';
import { LatestChanges } from '../dashboard/latest-changes.ts';
import { inventoryOf, type MeshView, scrapeTargets, sharesOf } from '../dashboard/mesh-view.ts';
import { otherDeliveries } from '../dashboard/other-deliveries.ts';
import { Deliveries } from '../dashboard/pages/deliveries.ts';
import type { World } from '../dashboard/pages/world.ts';
import { plaintextCauses } from '../dashboard/plaintext-causes.ts';
import { recognizer } from '../dashboard/recognize.ts';
import { ProxyScrapes } from '../dashboard/scrape-proxy.ts';
import { asOutriggerError, OutriggerError } from '../errors.ts';
import { createPlainServer, type PlainServer } from '../http/server.ts';
import { systemClock } from '../identity/serving-certificates.ts';
import type { FaultListener } from '../model/fault.ts';
import { type CallCounts, noCounts } from '../observe/call-counts.ts';
import { FallbackCalls } from '../observe/fallback-calls.ts';
import { PrometheusCalls } from '../observe/prometheus-calls.ts';
import { Scraper } from '../observe/scraper.ts';
import { ObjectBook } from '../source/object-book.ts';
import type { ObjectSource } from '../source/object-source.ts';
import type { Logger } from '../telemetry/logger.ts';
import { peerDeliveriesMethod, peerEndpointsMethod, peerTapMethod } from '../wire/peers/peer-service.ts';
import { blockListOf } from './block-list.ts';
import type { Component } from './component.ts';
import type { Config } from './config.ts';
import type { Looking } from './mesh/looking.ts';
import type { Replicas } from './mesh/replicas.ts';
import { packageFolder, packageVersion } from './places.ts';
import { limitsOf } from './server-component.ts';
import type { Surroundings } from './surroundings.ts';

export interface DashboardComponentOptions {
  readonly config: Config;
  readonly place: 'cluster' | 'playground' | 'files';
  /** Undefined where no proxies are configured. */
  readonly mesh:
    | (MeshView &
        Pick<World, 'problems' | 'certificateEnd' | 'settings'> & {
          readonly looking: Pick<Looking, 'taps' | 'questions'>;
          readonly replicas: Pick<Replicas, 'list' | 'asking'>;
        })
    | undefined;
  /** Of the mesh. */
  readonly objects: ObjectSource | undefined;
  /** The dry run of injection. */
  readonly injectionPreview: FastifyPluginCallback;
  readonly users: Surroundings['users'];
  readonly localLog: Surroundings['localLog'];
  /** Served beside the dashboard: metrics and health. */
  readonly plugins: readonly FastifyPluginCallback[];
  readonly onFault: (error: unknown) => void;
  /** OR1661, of what runs by itself. */
  readonly onPartFault: FaultListener;
  readonly logger: Logger;
}

type Mesh = NonNullable<DashboardComponentOptions['mesh']>;

const { after } = systemClock;

function tappingOf({ looking: { taps }, replicas: { list, asking } }: Mesh) {
  return { taps, replicas: { list, ask: asking(peerTapMethod), after } };
}

function looksOf({ looking: { questions }, replicas: { list, asking } }: Mesh): EndpointLooks {
  return new EndpointLooks({ questions, replicas: { list, ask: asking(peerEndpointsMethod) }, now: Date.now, after });
}

function deliveriesOf(mesh: Mesh): Deliveries {
  const { list, asking } = mesh.replicas;
  const others = () => otherDeliveries({ list, ask: asking(peerDeliveriesMethod), after });
  return new Deliveries({ mesh, others, now: Date.now });
}

/** The port of the dashboard. Nothing else depends on it: what is in its way is told, and all else goes on. */
export class DashboardComponent implements Component {
  readonly name = 'dashboard';
  readonly #options: DashboardComponentOptions;
  readonly #scrapes = new ProxyScrapes();
  #scraper: Scraper | undefined;
  #prometheus: PrometheusCalls | undefined;
  #server: PlainServer | undefined;
  #looks: EndpointLooks | undefined;
  readonly #book = new ObjectBook();
  readonly #changes = new LatestChanges({ now: Date.now });
  #unfollow: () => void = () => undefined;
  #port = 0;

  constructor(options: DashboardComponentOptions) {
    this.#options = options;
  }

  /** The port in use; 0 where there is none. */
  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const { config, onFault, logger } = this.#options;
    const { enabled, host, port } = config.dashboard;
    if (!enabled) return;
    const { objects } = this.#options;
    if (objects !== undefined) {
      const ends = [this.#book, this.#changes].map((follower) => follower.follow(objects));
      this.#unfollow = () => {
        for (const end of ends) end();
      };
    }
    try {
      this.#server = createPlainServer({ limits: limitsOf(config.server), plugins: this.#plugins(), onFault });
      this.#port = await this.#server.listen({ host, port });
    } catch (cause) {
      const { message, code, remedy } = new OutriggerError('OR4040', asOutriggerError(cause).message, { cause });
      logger.warn({ code, remedy }, message);
    }
  }

  async stop(): Promise<void> {
    this.#unfollow();
    this.#scraper?.stop();
    this.#prometheus?.stop();
    this.#scrapes.close();
    this.#looks?.close();
    await this.#server?.close(this.#options.config.server.drainSeconds * 1000);
  }

  #plugins(): readonly FastifyPluginCallback[] {
    const { config, mesh, place, plugins, users, localLog } = this.#options;
    const counts = mesh === undefined ? noCounts : this.#counts(mesh);
    const nobody = { workloads: [], isInside: () => false };
    const graphs = new Graphs({
      counts,
      inventory: () => (mesh === undefined ? nobody : inventoryOf(mesh, (id) => this.#scraper?.useOf(id))),
      now: Date.now,
      ...(mesh === undefined
        ? {}
        : { causes: () => plaintextCauses({ snapshot: mesh.snapshot(), settings: mesh.settings() }) }),
    });
    const useOf = (id: string) => this.#scraper?.useOf(id);
    const objects = () => this.#book.list();
    const deliveries = mesh && deliveriesOf(mesh);
    const changes = () => this.#changes.page();
    const looks = mesh && looksOf(mesh);
    this.#looks = looks;
    const use = { useOf, useKnown: (patienceMs: number) => this.#useKnown(patienceMs) };
    const parts = { objects, counts, graphs, changes, ...use };
    const world = mesh && deliveries && looks && { ...mesh, mesh, ...parts, deliveries, looks };
    const { grafanaUrl, tracingUrl, prometheusUrl, mostStreams } = config.dashboard;
    const links = {
      ...(grafanaUrl === '' ? {} : { grafana: grafanaUrl }),
      ...(tracingUrl === '' ? {} : { tracing: tracingUrl }),
      ...(prometheusUrl === '' ? {} : { prometheus: prometheusUrl }),
    };
    const version = packageVersion();
    const emergencies = () =>
      mesh === undefined ? [] : emergenciesShown(mesh.snapshot().emergencies, mesh.settings().rootNamespaces);
    const dashboard = dashboardPlugins({
      graphs,
      counts,
      state: (user) => ({
        ...{ version, place, user, telemetry: counts.source, emergencies: emergencies(), links },
        replica: {
          ...(mesh === undefined ? { serves: 0, proxies: 0 } : sharesOf(mesh)),
          others: deliveries?.replicas ?? { asked: 0, silent: [] },
        },
      }),
      mostStreams,
      recognize: recognizer({
        tokens: users,
        userHeader: config.dashboard.userHeader.toLowerCase(),
        userHeaderFrom: blockListOf(config.dashboard.userHeaderFrom),
        now: Date.now,
      }),
      ...{ world, users, localLog, tapping: mesh && tappingOf(mesh), injectionPreview: this.#options.injectionPreview },
      pageFolder: join(packageFolder, 'dist/web'),
    });
    return [...plugins, ...dashboard];
  }

  async #useKnown(patienceMs: number): Promise<void> {
    const unwatch = this.#scraper?.watch();
    await this.#scraper?.ready(0, patienceMs);
    unwatch?.();
  }

  #counts(mesh: MeshView): CallCounts {
    const clock = { now: Date.now, after: systemClock.after };
    const told = { onFault: this.#options.onPartFault };
    const targets = () => scrapeTargets(mesh.snapshot());
    this.#scraper = new Scraper({ ...clock, ...told, targets, fetch: this.#scrapes.fetch });
    const { prometheusUrl: url } = this.#options.config.dashboard;
    if (url === '') return this.#scraper;
    this.#prometheus = new PrometheusCalls({ ...clock, ...told, url, fetchText });
    return new FallbackCalls(this.#prometheus, this.#scraper);
  }
}
