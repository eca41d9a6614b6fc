import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeshComponent } from '../../../src/app/mesh/mesh-component.ts';
import type { MeshRoot } from '../../../src/identity/workload/mesh-root.ts';
import type { MeshSettings } from '../../../src/model/mesh-settings.ts';
import { printOrigin } from '../../../src/model/origin.ts';
import type { Snapshot } from '../../../src/registry/snapshot.ts';
import type { ObjectChanges } from '../../../src/source/object-source.ts';
import { loggerTo } from '../../../src/telemetry/logger.ts';
import type { Ledger } from '../../../src/wire/ledger.ts';
import { noMetrics } from '../../../src/wire/wire-metrics.ts';
import { pushOrder } from '../../../src/xds/resource.ts';
import { until } from '../../envoy/condition.ts';
import type { Call } from '../simulator/call.ts';
import { changesBetween, sourceObjects, type World } from '../world/world.ts';
import { certify } from './certificates.ts';
import { startPodEnvoy } from './envoy-process.ts';
import { createNetwork, type Network, type Place, type Pod } from './network.ts';
import type { Observation, Pair } from './observation.ts';
import { type Player, startPlayer } from './player.ts';

export interface LiveOptions {
  readonly binary: string;
  readonly settings: MeshSettings;
  readonly root: MeshRoot;
  /** Where servers listen, in the world and in the captured pods. */
  readonly ports: readonly number[];
  readonly identities: readonly string[];
  /** The pods of `network.ts` are among its objects. */
  readonly world: World;
  /** `<namespace>/<name>`, `<service account>` of each pod. */
  readonly pods: Readonly<Record<Pod, { readonly id: string; readonly serviceAccount: string }>>;
}

/** Real proxies whose mesh is another one whenever it is asked for. */
export interface LiveMesh {
  readonly snapshot: () => Snapshot;
  /** What any proxy would not have of what it should have now. */
  rejections(): string[];
  /** What is wrong with the objects themselves. */
  problems(): string[];
  /** Waits until every proxy has acknowledged all that it should have. */
  swap(world: World): Promise<void>;
  call(place: Exclude<Place, 'gateway'>, call: Call, from?: string): Promise<Observation>;
  logOf(pod: Pod): string;
  stop(): Promise<void>;
}

export async function startLiveMesh(options: LiveOptions): Promise<LiveMesh> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-simulation-'));
  const network = createNetwork();
  const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true }), () => network.remove()];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return await started({ ...options, folder, network, stops, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Started extends LiveOptions {
  readonly folder: string;
  readonly network: Network;
  readonly stops: (() => unknown)[];
  readonly stop: () => Promise<void>;
}

async function started(parts: Started): Promise<LiveMesh> {
  const { binary, network, root, pods, stops, stop } = parts;
  let world = parts.world;
  const source = sourceOf(world);
  const mesh = controlPlane(parts, source.objects);
  const abort = new AbortController();
  stops.push(
    () => mesh.stop(),
    () => abort.abort(),
  );
  await mesh.start(abort.signal);
  const players = await startPlayers(parts);
  const proxies = Object.entries(pods).map(([pod, { id, serviceAccount }]) => {
    const [namespace = '', name = ''] = id.split('/');
    const place = { pod: pod as Pod, namespace, name, serviceAccount };
    const proxy = startPodEnvoy({ ...place, binary, network, discoveryPort: mesh.port, rootPem: root.rootsPem });
    stops.push(proxy.stop);
    return [pod, proxy] as const;
  });
  const logOf = (pod: Pod) => proxies.find(([name]) => name === pod)?.[1].log() ?? '';
  const settled = () => {
    const status = mesh.ledger.status();
    return (status.length === proxies.length && status.every((proxy) => proxy.settled)) || undefined;
  };
  await until(() => proxies.map(([, proxy]) => proxy.log()).join('\n'), settled, 30);
  return {
    snapshot: () => mesh.registry.snapshot,
    problems: () =>
      mesh.registry
        .problems()
        .filter(({ severity }) => severity === 'error')
        .map(({ origin, message }) => `${printOrigin(origin)}: ${message}`),
    rejections: () => rejectedBy(mesh.ledger),
    swap: async (next) => {
      source.tell(changesBetween(world, next));
      world = next;
      await until('every proxy has acknowledged its configuration', settled, 20);
    },
    call: (place, call, from) => (players[place] ?? fail(place)).call(call, from),
    logOf,
    stop,
  };
}

function rejectedBy(ledger: Ledger): string[] {
  return ledger
    .status()
    .flatMap(({ proxy }) =>
      pushOrder.flatMap((type) =>
        (ledger.resources(proxy, type) ?? []).flatMap(({ name, state, reason }) =>
          state === 'NACKED' ? [`${proxy} rejected ${type} ${name}: ${reason}`] : [],
        ),
      ),
    );
}

function fail(what: string): never {
  throw new Error(`there is no ${what}`);
}

function sourceOf(world: World) {
  let tell: (changes: ObjectChanges) => void = () => undefined;
  const objects = {
    objectsSynced: true,
    onObjects: (listener: (changes: ObjectChanges) => void) => {
      tell = listener;
      listener({ upserts: sourceObjects(world), removals: [] });
      return () => undefined;
    },
  };
  return { objects, tell: (changes: ObjectChanges) => tell(changes) };
}

function controlPlane(
  { settings, network, root, pods }: Started,
  objects: ReturnType<typeof sourceOf>['objects'],
): MeshComponent {
  const accounts = new Map(Object.values(pods).map(({ id, serviceAccount }) => [id, serviceAccount]));
  return new MeshComponent({
    place: { namespace: 'outrigger-system', name: 'one' },
    settings,
    discovery: {
      enabled: 'on',
      host: network.hostIp,
      port: 0,
      dnsPort: 0,
      plaintextPort: 0,
      plaintextPod: '',
      certificateHours: 24,
    },
    names: [network.hostIp],
    metrics: noMetrics,
    onFault: (fault) => {
      throw fault;
    },
    logger: loggerTo({ write: () => undefined }, 'error'),
    parts: {
      objects,
      rootStore: { load: async () => root, save: async () => undefined },
      rootPlace: 'memory',
      authenticator: {
        authenticate: async (token) => {
          const [namespace = '', name = ''] = token.split('/');
          const serviceAccount = accounts.get(token) ?? '';
          return { namespace, serviceAccount, pod: { name, uid: '' }, expiresAt: Date.now() + 86_400_000 };
        },
      },
    },
  });
}

async function startPlayers({ network, folder, root, ports, identities, stops }: Started) {
  const file = join(folder, 'part.json');
  const known: Record<string, Pair> = {};
  for (const uri of identities) known[uri] = await certify(root, [uri]);
  writeFileSync(file, JSON.stringify({ listen: ports, own: await certify(root, identities), identities: known }));
  const players: Partial<Record<Place, Player>> = {};
  for (const place of ['world', 'eager', 'lazy'] as const) {
    const player = await startPlayer(network, place, file);
    stops.push(player.stop);
    players[place] = player;
  }
  return players;
}
