import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyPluginCallback } from 'fastify';
import { admissionDoubts } from '../analysis/admission-doubts.ts';
import { healthPlugin } from '../http/health.ts';
import { metricsPlugin } from '../http/metrics-route.ts';
import { proxiesPlugin } from '../http/proxies-route.ts';
import { rootsPlugin } from '../http/roots-route.ts';
import { systemClock } from '../identity/serving-certificates.ts';
import { webhookPlugin } from '../inject/webhook.ts';
import { previewPlugin } from '../preview/preview-plugin.ts';
import { faultLog } from '../telemetry/fault-log.ts';
import { eachListener } from '../telemetry/listeners.ts';
import type { Logger } from '../telemetry/logger.ts';
import { MeshSeries } from '../telemetry/mesh-series.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { registerProcess } from '../telemetry/process-series.ts';
import { ValidationSeries } from '../telemetry/validation-series.ts';
import { WireSeries } from '../telemetry/wire-series.ts';
import { validationPlugin } from '../validation/validation-plugin.ts';
import { bootstrapPatcher } from './bootstrap-patches.ts';
import type { Component } from './component.ts';
import type { Config } from './config.ts';
import { CurrentInjector } from './current-injector.ts';
import { DashboardComponent } from './dashboard-component.ts';
import { federatedRoots } from './mesh/federated-roots.ts';
import { MeshComponent } from './mesh/mesh-component.ts';
import { localNameservers } from './mesh/mesh-dns.ts';
import { meshSettings } from './mesh/mesh-settings.ts';
import { servingName } from './mesh/replicas.ts';
import { MeshConfigFollower, type MeshConfigFollowerOptions } from './mesh-config/mesh-config-follower.ts';
import { logOutcome } from './outcome-log.ts';
import { patchDoubts } from './patch-doubts.ts';
import { packageVersion, readTemplateTexts } from './places.ts';
import { ServerComponent } from './server-component.ts';
import { ServingComponent } from './serving-component.ts';
import type { Surroundings } from './surroundings.ts';
import { readTokenKeys } from './token-keys/token-key-reader.ts';

export interface ComposeOptions {
  readonly config: Config;
  /** The same with values of the ConfigMap of the mesh; without it none is followed. */
  readonly reconfigure?: MeshConfigFollowerOptions['reconfigure'];
  readonly surroundings: Surroundings;
  /** For the CA that clients on this machine take; undefined in a cluster. */
  readonly stateFolder: string | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Composition {
  /** In the order in which they start; each counts on those before it. */
  readonly components: readonly Component[];
  /** Once all have started. */
  readonly port: () => number;
  readonly caFile: string | undefined;
  /** Undefined where no proxies are configured. */
  readonly mesh: MeshComponent | undefined;
  /** Port of the dashboard, once all have started; 0 where there is none. */
  readonly dashboardPort: () => number;
}

/** The whole program, put together and not started. */
export function compose(options: ComposeOptions): Composition {
  const { surroundings, logger, metrics } = options;
  const config = withNameservers(options.config);
  const onFault = (error: unknown, uid = '') => logger.error({ err: error, uid }, 'unexpected error');
  const injector = new CurrentInjector(
    config.injection,
    readTemplateTexts(),
    bootstrapPatcher(config.mesh.rootNamespaces),
  );
  const certificates = new ServingComponent(options);
  const outsiders = surroundings.onOutcome === undefined ? [] : [surroundings.onOutcome];
  const mesh = meshComponent({ ...options, config });
  const health = () =>
    healthPlugin([
      surroundings.readiness,
      certificates.readiness,
      ...(mesh === undefined ? [] : [mesh.readiness]),
      { name: 'server', problem: () => server.readiness.problem() },
    ]);
  const preview = (path: string) =>
    previewPlugin({
      ...{ injector: injector.plain, facts: surroundings.facts, installed: surroundings.installed, onFault, path },
      bodyLimit: config.server.bodyLimitBytes,
    });
  const dashboard = new DashboardComponent({
    config,
    place: surroundings.place,
    users: surroundings.users,
    localLog: surroundings.localLog,
    mesh: mesh && {
      snapshot: () => mesh.registry.snapshot,
      report: (proxy) => mesh.proxyReport(proxy),
      settled: () => mesh.ledger.settled(),
      looking: mesh.looking,
      replicas: mesh.replicas,
      problems: () => mesh.registry.problems(),
      certificateEnd: mesh.certificateEnd,
      settings: () => mesh.registry.snapshot.settings ?? meshSettings(config),
    },
    objects: surroundings.mesh?.objects,
    injectionPreview: preview('/api/injection-preview'),
    plugins: [health(), metricsPlugin(metrics)],
    onFault,
    onPartFault: faultLog(logger, metrics, () => performance.now()),
    logger,
  });
  registerProcess(metrics.registry, packageVersion());
  const server: ServerComponent = new ServerComponent({
    settings: config.server,
    certificates,
    onFault,
    sleep,
    plugins: [
      health(),
      metricsPlugin(metrics),
      ...(mesh === undefined ? [] : [rootsPlugin(() => mesh.rootReport())]),
      ...(mesh === undefined ? [] : [proxiesPlugin((proxy) => mesh.proxyReport(proxy))]),
      webhookPlugin({
        injector: injector.remembering,
        facts: surroundings.facts,
        onOutcome: eachListener([(event) => metrics.admission(event), logOutcome(logger), ...outsiders], onFault),
        onFault,
        now: () => performance.now(),
        lookupTimeoutMs: 3000,
        bodyLimit: config.server.bodyLimitBytes,
      }),
      preview('/preview'),
      validation({ ...options, config }, mesh, onFault),
    ],
  });
  return {
    components: [
      ...followers(options, (next) => {
        const now = withNameservers(next);
        injector.use(now.injection);
        mesh?.use(meshSettings(now));
      }),
      ...surroundings.components,
      certificates,
      ...(mesh === undefined ? [] : [mesh]),
      server,
      dashboard,
    ],
    port: () => server.port,
    caFile: certificates.caFile,
    mesh,
    dashboardPort: () => dashboard.port,
  };
}

/** Milliseconds; well below what the API server waits. */
const longestDoubts = 100;

function validation(
  { config, surroundings, metrics }: ComposeOptions,
  mesh: MeshComponent | undefined,
  onFault: (error: unknown) => void,
): FastifyPluginCallback {
  const series = new ValidationSeries(metrics.registry);
  const isListed = () => surroundings.mesh?.objects.objectsSynced === true;
  const ofMesh = admissionDoubts({
    snapshot: () => (isListed() ? mesh?.registry.snapshot : undefined),
    settings: meshSettings(config),
    now: () => performance.now(),
    budgetMs: longestDoubts,
  });
  return validationPlugin({
    doubts: (object, namespace) => [...patchDoubts(object, namespace), ...ofMesh(object, namespace)],
    bodyLimit: config.server.bodyLimitBytes,
    onOutcome: (outcome) => series.count(outcome),
    onFault,
  });
}

/** First of all: what is read later is read under the configuration of the mesh. */
function followers(
  { config, reconfigure, surroundings, logger }: ComposeOptions,
  use: (config: Config) => void,
): readonly Component[] {
  const { objects } = surroundings;
  if (objects === undefined || reconfigure === undefined) return [];
  return [
    new MeshConfigFollower({ objects, namespaces: config.mesh.rootNamespaces, config, reconfigure, use, logger }),
  ];
}

/** The control plane is a pod as others are: its resolvers are theirs. */
function withNameservers(config: Config): Config {
  if (config.injection.nameservers.length > 0) return config;
  return { ...config, injection: { ...config.injection, nameservers: [...localNameservers()] } };
}

function meshComponent({ config, surroundings, logger, metrics }: ComposeOptions): MeshComponent | undefined {
  if (surroundings.mesh === undefined) return undefined;
  const namespace = config.injection.systemNamespace;
  const [host = ''] = config.injection.discoveryAddress.split(':');
  const mesh = new MeshComponent({
    settings: meshSettings(config),
    discovery: config.discovery,
    federatedPem: federatedRoots(config.mesh.caCertificates),
    names: [...new Set([host, servingName(namespace), 'localhost'])],
    parts: surroundings.mesh,
    place: { namespace, name: surroundings.instance },
    learning: config.mesh.learning,
    nameservers: config.injection.nameservers,
    metrics: new WireSeries(metrics.registry),
    tokenKeys: (registry) =>
      readTokenKeys({
        ...{ registry, logger, metrics: metrics.registry, after: systemClock.after },
        refreshMs: config.mesh.jwksRefreshSeconds * 1000,
        allowedAddresses: config.mesh.jwksAllowedAddresses,
      }),
    logger,
    onFault: faultLog(logger, metrics, () => performance.now()),
  });
  const series = new MeshSeries(metrics.registry, () => mesh.facts, Date.now);
  surroundings.mesh.objects.onObjects((changes) => series.changed(changes));
  return mesh;
}
