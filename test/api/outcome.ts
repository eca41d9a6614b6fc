import { stringify } from 'yaml';
import { bootstrapPatcher } from '../../src/app/bootstrap-patches.ts';
import { defaultConfig } from '../../src/app/config.ts';
import { EmergencyStages } from '../../src/app/mesh/emergency-stages.ts';
import { readTemplateTexts } from '../../src/app/places.ts';
import { Encoder } from '../../src/discovery/encoder.ts';
import { everythingOf } from '../../src/discovery/everything.ts';
import { GatewayConfigs } from '../../src/discovery/gateway-configs.ts';
import { AllPatches } from '../../src/discovery/patches.ts';
import { Shapes } from '../../src/discovery/shapes.ts';
import { SidecarConfigs } from '../../src/discovery/sidecar-configs.ts';
import { buildInjector } from '../../src/inject/build-injector.ts';
import { Indexes } from '../../src/ir/build/indexes.ts';
import { OutboundViews } from '../../src/ir/build/outbound-views.ts';
import { registeredEntryOf } from '../../src/machines/entry-of.ts';
import { autoRegistrationGroup } from '../../src/model/auto-registration.ts';
import { defaultMeshSettings } from '../../src/model/mesh-settings.ts';
import { keySourcesOf } from '../../src/policy/request-authentication/keys.ts';
import { probeOf } from '../../src/policy/workload-group/probe.ts';
import { Registry } from '../../src/registry/registry.ts';
import type { Snapshot } from '../../src/registry/snapshot.ts';
import { parseDuration } from '../../src/schema/common/duration.ts';
import type { WorkloadGroup } from '../../src/schema/kinds.ts';
import { BootstrapFilters } from '../../src/source/bootstrap-filters.ts';
import type { SourceObject } from '../../src/source/object-source.ts';
import { ObjectStore } from '../../src/source/object-store.ts';
import { ProxyConfigs } from '../../src/source/proxy-configs.ts';
import { brokenLimit } from '../../src/xds/limits/broken-limit.ts';
import { messageType, type ProxyResources } from '../../src/xds/resource.ts';
import { translateMachineProbe } from '../../src/xds/translate/machine-probe.ts';
import { objectsOf, workloadOf } from '../mesh-fixture.ts';

/** Every value of all that the proxies of a world get, as `proxy type name path: value`. */
export type Outcome = ReadonlySet<string>;

/** What the client, the server and the gateway of the world get, what injection makes of a pod, and which keys are read for them; undefined when an object of it is refused. */
export function outcomeOf(objects: readonly SourceObject[]): Outcome | undefined {
  const snapshot = snapshotOf([...objects, ...objects.flatMap(registeredBy)]);
  if (snapshot === undefined) return undefined;
  const lines = new Set(outcomeOfSnapshot(snapshot));
  for (const [name, pod] of injectedOf(objects)) addLines(`pod ${name}:`, pod, lines);
  return lines;
}

/** What proxies get, and which keys are read for them. Throws what Envoy would refuse by the rules of its API. */
export function outcomeOfSnapshot(snapshot: Snapshot): Outcome {
  const lines = new Set<string>();
  for (const [name, resources] of proxiesOf(snapshot)) {
    for (const { type, name: resource, message } of everythingOf(resources)) {
      const broken = brokenLimit(messageType(type), message);
      if (broken !== undefined) throw new Error(`${type} ${resource} of ${name} ${broken}`);
      addLines(`${name} ${type} ${resource}`, message, lines);
    }
  }
  for (const { name, spec } of snapshot.workloadGroups) {
    const probe = probeOf(spec, '10.9.0.1');
    if (probe === undefined) continue;
    addLines(`machine probe ${name}`, { delayMs: probe.initialDelayMs, ...translateMachineProbe(probe) }, lines);
  }
  for (const source of keySourcesOf(
    snapshot.requestAuthentications,
    ({ timeout = '5s' }) => parseDuration(timeout) ?? 0,
  ))
    addLines('control plane:', source, lines);
  return lines;
}

const { injection } = defaultConfig();
const { rootNamespaces } = defaultMeshSettings;
const injector = buildInjector(injection, readTemplateTexts(), bootstrapPatcher(rootNamespaces));

/** Pods as injection makes them, where a ProxyConfig has a say in it, or an EnvoyFilter in their bootstrap. */
function injectedOf(objects: readonly SourceObject[]): readonly [string, unknown][] {
  const store = new ObjectStore();
  store.change(objects, []);
  const configs = new ProxyConfigs(store);
  const bootstrapFilters = new BootstrapFilters(store).of('default');
  if (bootstrapFilters === undefined && !objects.some(({ kind }) => kind === 'ProxyConfig')) return [];
  return ['server', 'other'].map((app) => {
    const pod = { metadata: { name: app, labels: { app } }, spec: { containers: [{ name: 'app', image: 'app' }] } };
    const namespace = { name: 'default', labels: { 'istio-injection': 'enabled' }, annotations: {} };
    const request = { pod, namespace, nodes: [], proxyConfigs: configs.layers('default', { app }), bootstrapFilters };
    return [app, opened(injector.inject(request).pod)];
  });
}

/** The bootstrap is a text of JSON: each value of it has a line of its own. */
function opened(pod: unknown): unknown {
  return JSON.parse(JSON.stringify(pod), (_, value) =>
    typeof value === 'string' && value.startsWith('{') ? JSON.parse(value) : value,
  );
}

/** A machine of each WorkloadGroup, which has registered itself. */
function registeredBy({ kind, namespace, name, object }: SourceObject): readonly SourceObject[] {
  if (kind !== 'WorkloadGroup') return [];
  const group = { ...(object as unknown as WorkloadGroup), namespace, name };
  const entry = registeredEntryOf({ group, name: `${name}-1`, address: '10.9.0.1' }, 'now');
  return objectsOf(stringify(entry));
}

/** Undefined when an object is refused. */
export function snapshotOf(objects: readonly SourceObject[]): Snapshot | undefined {
  const registry = registryWith(objects);
  return registry.problems().some(({ severity }) => severity === 'error') ? undefined : registry.snapshot;
}

/** A minute after the cases say that their Emergencies were made. */
const now = Date.parse('2026-01-01T00:01:00Z');

/** What is refused of the objects is left out, and what is over. */
export function registryWith(objects: readonly SourceObject[]): Registry {
  const registry = new Registry({ domainSuffix: defaultMeshSettings.domainSuffix });
  const stages = new EmergencyStages({ now: () => now, after: () => () => {}, onChange: () => {}, tell: () => {} });
  registry.apply(stages.apply({ upserts: [...objects], removals: [] }));
  return registry;
}

/** Whom policies may name. */
const extensionProviders = [
  { name: 'asked', envoyExtAuthzGrpc: { service: 'server.default.svc.cluster.local', port: 7070 } },
  { name: 'log', envoyFileAccessLog: { path: '/dev/stderr', logFormat: { labels: { path: '%PATH%' } } } },
  { name: 'spans', zipkin: { service: 'server.default.svc.cluster.local', port: 80, maxTagLength: 99 } },
];

/** By a word for each. */
export function* proxiesOf(snapshot: Snapshot): Generator<[string, ProxyResources]> {
  for (const delivery of ['eager', 'on-demand'] as const) {
    const settings = { ...defaultMeshSettings, delivery, extensionProviders };
    const indexes = new Indexes(settings);
    const encoder = new Encoder((resource, error) => {
      throw new Error(`${resource.type} ${resource.name}: ${error.message}`);
    });
    const views = new OutboundViews(settings, indexes);
    const patches = new AllPatches(settings);
    const parts = { settings, indexes, views, encoder, patches, shapes: new Shapes({ settings, views }) };
    const sidecars = new SidecarConfigs(parts);
    const of = (id: string) => workloadOf(snapshot, id);
    const sidecar = (id: string) => sidecars.find({ snapshot, workload: of(id), delta: true, before: undefined });
    yield [`client, ${delivery}:`, sidecar('default/client')];
    if (delivery === 'on-demand') continue;
    yield ['server:', sidecar('default/server-1')];
    for (const { id, annotations } of snapshot.machines.values())
      if (autoRegistrationGroup(annotations) !== undefined) yield ['machine:', sidecar(id)];
    yield ['gateway:', new GatewayConfigs(parts).find(snapshot, of('istio-system/gateway'))];
  }
}

/** `client, eager: metric requests_total.reporter: "source"` */
function addMetrics(path: string, value: unknown, lines: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  if ('tags' in value && 'name' in value && Array.isArray(value.tags)) {
    for (const { name, value_format } of value.tags)
      lines.add(`${path} ${value.name}.${name}: ${JSON.stringify(value_format)}`);
    return;
  }
  for (const inner of Object.values(value)) addMetrics(path, inner, lines);
}

function addLines(path: string, value: unknown, lines: Set<string>): void {
  if (typeof value !== 'object' || value === null) {
    lines.add(`${path}: ${JSON.stringify(value)}`);
    return;
  }
  // The metrics are one long list everywhere: each is a line once.
  if ('name' in value && value.name === 'envoy.access_loggers.stats') {
    addMetrics(`${path.slice(0, path.indexOf(':') + 1)} metric`, value, lines);
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) lines.add(`${path}: ${Array.isArray(value) ? '[]' : '{}'}`);
  for (const [key, inner] of entries) addLines(`${path}${Array.isArray(value) ? `[${key}]` : `.${key}`}`, inner, lines);
}
