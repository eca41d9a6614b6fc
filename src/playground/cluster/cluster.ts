import type { OutriggerError } from '../../errors.ts';
import type {
  NamespacedObject,
  NamespaceFacts,
  NodeFacts,
  ProxyConfigLayers,
  StoppedInjection,
} from '../../model/pod.ts';
import { BootstrapFilters } from '../../source/bootstrap-filters.ts';
import { type ObjectChanges, type ObjectSource, objectKey, type SourceObject } from '../../source/object-source.ts';
import { ObjectStore } from '../../source/object-store.ts';
import { ProxyConfigs } from '../../source/proxy-configs.ts';
import type { Source } from '../../source/source.ts';
import { StoppedInjections } from '../../source/stopped-injections.ts';
import type { Slot } from '../network/slot.ts';
import { type ClusterView, deriveView } from './cluster-view.ts';
import { defaultObjects } from './default-objects.ts';
import { textAt, textMapAt } from './json-reading.ts';
import type { LivePod, PodSurroundings } from './live-pod.ts';
import { PodController } from './pod-controller.ts';
import { ServiceAddresses } from './service-addresses.ts';

export interface ClusterOptions {
  readonly files: Source & ObjectSource;
  readonly slot: Slot;
  readonly domain: string;
  /** Names, routes and endpoints of the cluster are others now. */
  readonly onView: (view: ClusterView) => void;
}

/** They stand for pods, which are shown instead of them. */
const workloadKinds = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'Pod']);
/** Several pods that change at once make one view. */
const quietMs = 20;

/** A cluster in memory: the files' objects, the pods that follow from them, and what follows from both. */
export class Cluster implements Source, ObjectSource {
  readonly name = 'playground';
  readonly #options: ClusterOptions;
  readonly #store = new ObjectStore();
  readonly #proxyConfigs = new ProxyConfigs(this.#store);
  readonly #bootstrapFilters = new BootstrapFilters(this.#store);
  readonly #stoppedInjections = new StoppedInjections(this.#store, Date.now);
  readonly #addresses: ServiceAddresses;
  #given: ReadonlyMap<string, SourceObject> = new Map();
  #stated: ReadonlyMap<string, SourceObject> = new Map();
  #slices: ReadonlySet<string> = new Set();
  #controller: PodController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unfollow: () => void = () => {};
  #synced = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#addresses = new ServiceAddresses(options.slot);
  }

  get synced(): boolean {
    return this.#synced;
  }

  get objectsSynced(): boolean {
    return this.#synced;
  }

  onObjects(listener: (changes: ObjectChanges) => void): () => void {
    return this.#store.follow(listener);
  }

  problems(): readonly OutriggerError[] {
    return this.#options.files.problems();
  }

  namespace(name: string): NamespaceFacts | undefined {
    const found = this.#stated.get(objectKey({ kind: 'Namespace', namespace: '', name }));
    if (found === undefined) return undefined;
    const labels = { 'kubernetes.io/metadata.name': name, ...textMapAt(found.object, 'metadata', 'labels') };
    return { name, labels, annotations: textMapAt(found.object, 'metadata', 'annotations') };
  }

  async fetchNamespace(name: string): Promise<NamespaceFacts | undefined> {
    return this.namespace(name);
  }

  nodes(): readonly NodeFacts[] {
    return this.#ofKind('Node').map(({ name, object }) => {
      return { name, kubeletVersion: textAt(object, 'status', 'nodeInfo', 'kubeletVersion') };
    });
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

  /** ConfigMaps of a namespace: name to files. */
  configMaps(namespace: string): Record<string, Record<string, string>> {
    const found = this.#ofKind('ConfigMap').filter((object) => object.namespace === namespace);
    return Object.fromEntries(found.map(({ name, object }) => [name, textMapAt(object, 'data')]));
  }

  get pods(): readonly LivePod[] {
    return this.#controller?.pods ?? [];
  }

  services(): readonly SourceObject[] {
    return this.#ofKind('Service');
  }

  /** The files' objects, without pods as yet. */
  async start(signal: AbortSignal): Promise<void> {
    const { files } = this.#options;
    await files.start(signal);
    this.#unfollow = files.onObjects((changes) => this.#accept(changes));
    // A folder without any object tells nothing.
    if (!this.#synced) this.#accept({ upserts: [], removals: [] });
  }

  startPods(surroundings: PodSurroundings): void {
    this.#controller = new PodController({
      surroundings,
      nodes: () => this.#ofKind('Node').map(({ name }) => name),
      now: () => new Date(),
      onChange: (pod) => {
        this.#store.change([pod.object], []);
        this.#schedule();
      },
      onGone: (pod) => {
        this.#store.change([], [objectKey(pod.object)]);
        this.#schedule();
      },
    });
    this.#controller.setWorkloads(this.#workloads());
  }

  stop(): void {
    this.#unfollow();
    clearTimeout(this.#timer);
    this.#controller?.stop();
  }

  #accept({ upserts, removals }: ObjectChanges): void {
    const given = new Map(this.#given);
    for (const key of removals) given.delete(key);
    for (const object of upserts) given.set(objectKey(object), object);
    this.#given = given;
    const shown = [...given.values()].filter(({ kind }) => !workloadKinds.has(kind));
    const stated = [...shown, ...defaultObjects(given)].map((object) =>
      object.kind === 'Service' && object.apiVersion === 'v1' ? this.#addresses.place(object) : object,
    );
    const before = this.#stated;
    this.#stated = new Map(stated.map((object) => [objectKey(object), object]));
    this.#synced = true;
    this.#store.change(
      stated,
      [...before.keys()].filter((key) => !this.#stated.has(key)),
    );
    this.#controller?.setWorkloads(this.#workloads());
    this.#schedule();
  }

  #workloads(): SourceObject[] {
    return [...this.#given.values()].filter(({ kind }) => workloadKinds.has(kind));
  }

  #ofKind(kind: string): SourceObject[] {
    return [...this.#stated.values()].filter((object) => object.kind === kind);
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#derive();
    }, quietMs);
  }

  #derive(): void {
    const { domain, onView } = this.#options;
    const pods = this.pods.flatMap((pod) => pod.placed ?? []);
    const view = deriveView({ services: this.services(), nodes: this.#ofKind('Node'), pods, domain });
    const keys = new Set(view.slices.map(objectKey));
    const gone = [...this.#slices].filter((key) => !keys.has(key));
    this.#slices = keys;
    this.#store.change(view.slices, gone);
    onView(view);
  }
}
