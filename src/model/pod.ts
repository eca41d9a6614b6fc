import type { Json, JsonObject } from './json.ts';

/**
 * The parts of a Kubernetes Pod that Outrigger reads, typed; every object also carries the fields it does
 * not know, and they survive. Shapes: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
 */
export interface Pod {
  metadata: PodMetadata;
  spec: PodSpec;
  [field: string]: unknown;
}

export interface PodMetadata {
  name?: string;
  generateName?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  [field: string]: unknown;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  controller?: boolean;
  [field: string]: unknown;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Named[];
  imagePullSecrets?: Named[];
  serviceAccountName?: string;
  nodeName?: string;
  hostNetwork?: boolean;
  securityContext?: JsonObject;
  [field: string]: unknown;
}

export interface Named {
  name: string;
  [field: string]: unknown;
}

export interface Container {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: Named[];
  ports?: ContainerPort[];
  restartPolicy?: string;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  startupProbe?: Probe;
  lifecycle?: { preStop?: HookHandler; postStart?: HookHandler; [field: string]: unknown };
  securityContext?: JsonObject;
  resources?: JsonObject;
  [field: string]: unknown;
}

export interface ContainerPort {
  containerPort: number;
  name?: string;
  protocol?: string;
  [field: string]: unknown;
}

/** One of httpGet, tcpSocket, grpc, exec. */
export interface HookHandler {
  httpGet?: HttpGetAction;
  tcpSocket?: { port: number | string; host?: string };
  grpc?: { port: number; service?: string | null };
  exec?: JsonObject;
  [field: string]: unknown;
}

export interface HttpGetAction {
  path?: string;
  port: number | string;
  host?: string;
  scheme?: string;
  httpHeaders?: { name: string; value: string }[];
  [field: string]: unknown;
}

/** Seconds throughout. */
export interface Probe extends HookHandler {
  timeoutSeconds?: number;
  periodSeconds?: number;
  initialDelaySeconds?: number;
  failureThreshold?: number;
  successThreshold?: number;
}

/** What the injector knows of a namespace. */
export interface NamespaceFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What the injector knows of a node; `kubeletVersion` as the API reports it (`v1.34.1`). */
export interface NodeFacts {
  readonly name: string;
  readonly kubeletVersion: string;
}

/** A resource as it came, unchecked. */
export interface NamespacedObject {
  readonly namespace: string;
  readonly object: JsonObject;
}

/** What ProxyConfigs say of a pod, in the words of the mesh's `defaultConfig`. */
export interface ProxyConfigLayers {
  /** Of the root namespace, then of the pod's own: later ones win, and the pod's annotation wins over all of them. */
  readonly wide: readonly JsonObject[];
  /** The one that selects the pod; it wins over the annotation. */
  readonly own?: JsonObject;
}

/**
 * Where namespaces and nodes come from: a folder of files or the Kubernetes API. Reads are synchronous
 * and from memory; `fetchNamespace` asks the source itself when memory has no such namespace.
 */
/** An emergency by which pods get no proxy for now. */
export interface StoppedInjection {
  /** `<namespace>/<name>` */
  readonly name: string;
  readonly until: Date;
  readonly reason: string;
}

export interface ClusterFacts {
  namespace(name: string): NamespaceFacts | undefined;
  fetchNamespace(name: string): Promise<NamespaceFacts | undefined>;
  nodes(): readonly NodeFacts[];
  /** For a pod of these labels; undefined where none says anything. */
  proxyConfigs?(namespace: string, labels: Readonly<Record<string, string>>): ProxyConfigLayers | undefined;
  /** EnvoyFilters that change bootstraps of pods of the namespace, none is undefined. */
  bootstrapFilters?(namespace: string): readonly NamespacedObject[] | undefined;
  /** For a pod of these labels; undefined where injection goes on. */
  stoppedInjection?(namespace: string, labels: Readonly<Record<string, string>>): StoppedInjection | undefined;
  /** True once the first full listing is in memory. */
  readonly synced: boolean;
}

export type { Json };
