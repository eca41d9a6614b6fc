import { isDeepStrictEqual } from 'node:util';
import { OutriggerError } from '../../errors.ts';
import { faultOf, guarded } from '../../model/fault.ts';
import { isObject } from '../../model/json.ts';
import { defaultMeshSettings } from '../../model/mesh-settings.ts';
import type {
  ClusterFacts,
  NamespacedObject,
  NamespaceFacts,
  NodeFacts,
  ProxyConfigLayers,
  StoppedInjection,
} from '../../model/pod.ts';
import { BootstrapFilters } from '../bootstrap-filters.ts';
import type { ObjectSource, SourceObject } from '../object-source.ts';
import { type ObjectListener, ObjectStore } from '../object-store.ts';
import { ProxyConfigs } from '../proxy-configs.ts';
import { StoppedInjections } from '../stopped-injections.ts';
import { systemClock } from './clock.ts';
import type { KubeConnection } from './connection.ts';
import { createKubeTransport, type ResourceKind } from './kube-transport.ts';
import { ListWatch } from './list-watch.ts';
import { injectionKinds, meshKinds } from './mesh-kinds.ts';
import { MeshWatches, type WatchOptions } from './mesh-watches.ts';
import { feedOf } from './object-feed.ts';
import {
  type NamespaceRecord,
  type NodeRecord,
  namespaceKind,
  namespaceObject,
  nodeKind,
  nodeObject,
} from './resources.ts';

export interface KubernetesSourceOptions extends WatchOptions {
  /** Whose ProxyConfigs hold everywhere; the usual ones without it. */
  readonly rootNamespaces?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** What the mesh reads besides namespaces and nodes; nothing of it when absent. */
  readonly mesh?: {
    /** Where the Secrets of gateways are; each needs a Role (docs/decisions/0060-secrets-of-gateways.md). */
    readonly secretNamespaces: readonly string[];
  };
}

/** What a source can be asked beyond the facts. */
export interface KubernetesSource extends ClusterFacts, ObjectSource {
  readonly name: 'kubernetes';
  /** Starts to list and watch until the signal aborts; the promise does not wait for `synced`. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when `synced`; rejects with the signal's reason when it aborts first. */
  whenSynced(signal: AbortSignal): Promise<void>;
  /** Tells each namespace when it is seen first and whenever it changes. The answer ends that. */
  onNamespace(listener: (namespace: NamespaceRecord) => void): () => void;
}

/** Namespaces, nodes and the objects of the mesh, kept in memory by list and watch. Opens nothing before `start`. */
export function createKubernetesSource(options: KubernetesSourceOptions): KubernetesSource {
  return new ClusterSource(options);
}

interface Watched<T> {
  readonly resource: string;
  readonly kind: ResourceKind<T>;
  readonly store: Map<string, T>;
  readonly toObject: (item: T) => SourceObject;
  readonly changed?: (item: T) => void;
}

class ClusterSource implements KubernetesSource {
  readonly name = 'kubernetes';
  readonly #options: KubernetesSourceOptions;
  readonly #namespaces = new Map<string, NamespaceRecord>();
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #objects: ObjectStore;
  readonly #injection: MeshWatches;
  readonly #proxyConfigs: ProxyConfigs;
  readonly #bootstrapFilters: BootstrapFilters;
  readonly #stoppedInjections: StoppedInjections;
  readonly #mesh: MeshWatches | undefined;
  /** The same list until a node comes, goes or changes: callers remember what they conclude from it. */
  #nodeList: readonly NodeFacts[] | undefined;
  readonly #namespaceWatch: ListWatch<NamespaceRecord>;
  readonly #nodeWatch: ListWatch<NodeRecord>;
  readonly #listeners = new Set<(namespace: NamespaceRecord) => void>();
  readonly #waiting = new Set<() => void>();
  readonly #asking = new Map<string, Promise<NamespaceFacts | undefined>>();
  #nodesRefused = false;

  constructor(options: KubernetesSourceOptions) {
    this.#options = options;
    const { onFault = () => undefined } = options;
    this.#objects = new ObjectStore(onFault);
    this.#namespaceWatch = this.#watch({
      ...{ resource: 'namespaces', kind: namespaceKind, store: this.#namespaces, toObject: namespaceObject },
      changed: (namespace) => {
        for (const listener of this.#listeners)
          guarded(`namespace ${namespace.name}`, onFault, () => listener(namespace));
      },
    });
    this.#nodeWatch = this.#watch({ resource: 'nodes', kind: nodeKind, store: this.#nodes, toObject: nodeObject });
    const { mesh } = options;
    const rest = { ...options, store: this.#objects, onProgress: () => this.#announce() };
    this.#injection = new MeshWatches({
      ...rest,
      kinds: injectionKinds(options.rootNamespaces ?? defaultMeshSettings.rootNamespaces),
    });
    this.#proxyConfigs = new ProxyConfigs(this.#objects, options.rootNamespaces);
    this.#bootstrapFilters = new BootstrapFilters(this.#objects, options.rootNamespaces);
    this.#stoppedInjections = new StoppedInjections(this.#objects, options.now ?? Date.now, options.rootNamespaces);
    this.#mesh = mesh === undefined ? undefined : new MeshWatches({ ...rest, kinds: meshKinds(mesh.secretNamespaces) });
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#namespaceWatch.start(signal);
    this.#nodeWatch.start(signal);
    this.#injection.start(signal);
    this.#mesh?.start(signal);
  }

  /**
   * Without the right to see nodes it works all the same: with no node known, the defaults apply. ProxyConfigs are
   * waited for until the first answer: pods are not refused because these cannot be listed.
   */
  get synced(): boolean {
    return this.#namespaceWatch.synced && (this.#nodeWatch.synced || this.#nodesRefused) && this.#injection.tried;
  }

  get objectsSynced(): boolean {
    return this.synced && this.#injection.synced && (this.#mesh?.synced ?? true);
  }

  onObjects(listener: ObjectListener): () => void {
    return this.#objects.follow(listener);
  }

  namespace(name: string): NamespaceFacts | undefined {
    return this.#namespaces.get(name);
  }

  nodes(): readonly NodeFacts[] {
    this.#nodeList ??= [...this.#nodes.values()].map(({ name, kubeletVersion }) => ({ name, kubeletVersion }));
    return this.#nodeList;
  }

  proxyConfigs(namespace: string, labels: Readonly<Record<string, string>>): ProxyConfigLayers | undefined {
    return this.#proxyConfigs.layers(namespace, labels);
  }

  bootstrapFilters(namespace: string): readonly NamespacedObject[] | undefined {
    return this.#bootstrapFilters.of(namespace);
  }

  stoppedInjection(namespace: string, labels: Readonly<Record<string, string>>): StoppedInjection | undefined {
    return this.#stoppedInjections.find(namespace, labels);
  }

  /** A GET; calls for the same name share it. Rejects with OR1630 or OR1632. */
  fetchNamespace(name: string): Promise<NamespaceFacts | undefined> {
    const running = this.#asking.get(name);
    if (running !== undefined) return running;
    const asked = getNamespace(this.#options.connection, name).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asked);
    return asked;
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.synced) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  onNamespace(listener: (namespace: NamespaceRecord) => void): () => void {
    this.#listeners.add(listener);
    for (const namespace of this.#namespaces.values()) listener(namespace);
    return () => this.#listeners.delete(listener);
  }

  #watch<T extends { readonly name: string }>(watched: Watched<T>): ListWatch<T> {
    const { resource, kind, store, toObject, changed = () => undefined } = watched;
    const { connection, clock = systemClock, random = Math.random, idleMs, pageSize = 500 } = this.#options;
    const feed = feedOf(this.#objects);
    const upsert = (item: T) => {
      // Nodes report every few seconds; most of the time nothing that is kept has changed.
      if (!isDeepStrictEqual(store.get(item.name), item)) this.#nodeList = undefined;
      store.set(item.name, item);
      changed(item);
    };
    const remove = (name: string) => {
      store.delete(name);
      this.#nodeList = undefined;
    };
    return new ListWatch({
      transport: createKubeTransport(connection, kind, { pageSize, random }),
      ...{ clock, random, idleMs },
      sink: {
        upsert: (item) => {
          upsert(item);
          feed.upsert(toObject(item));
        },
        remove: (item) => {
          remove(item.name);
          feed.remove(toObject(item));
        },
        replace: (items) => {
          const listed = new Set(items.map((item) => item.name));
          for (const name of store.keys()) if (!listed.has(name)) remove(name);
          for (const item of items) upsert(item);
          feed.replace(items.map(toObject));
          this.#announce();
        },
        problem: (failure, retryInMs) => {
          if (resource === 'nodes' && failure.kind === 'forbidden') this.#nodesRefused = true;
          this.#options.onProblem?.({ resource, failure, retryInMs });
          this.#announce();
        },
        fault: (error, item) => this.#options.onFault?.(faultOf('OR1660', `${resource} ${item?.name ?? ''}`, error)),
      },
    });
  }

  #announce(): void {
    if (!this.synced) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Milliseconds: an admission waits for this answer, and the API server waits for the admission. */
const fetchTimeoutMs = 2_000;

async function getNamespace(connection: KubeConnection, name: string): Promise<NamespaceFacts | undefined> {
  const path = `${namespaceKind.path}/${encodeURIComponent(name)}`;
  const answer = await connection.json({ method: 'GET', path, timeoutMs: fetchTimeoutMs });
  if (answer.status === 404) return undefined;
  if (answer.status === 401) connection.reload();
  const found = answer.status === 200 && isObject(answer.body) ? namespaceKind.decode(answer.body) : undefined;
  if (found === undefined) throw new OutriggerError('OR1632', `GET ${path} answered ${answer.status}`);
  return found;
}
