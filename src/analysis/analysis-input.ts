import type { MeshSettings } from '../model/mesh-settings.ts';
import type { RegistryProblem } from '../registry/registry-problem.ts';
import type { Config, Snapshot } from '../registry/snapshot.ts';
import type { KindName, Resource } from '../schema/kinds.ts';
import type { SourceObject } from '../source/object-source.ts';

/** Where the resources of a kind are in a snapshot. */
const listOfKind = {
  VirtualService: 'virtualServices',
  DestinationRule: 'destinationRules',
  Gateway: 'gateways',
  Sidecar: 'sidecars',
  PeerAuthentication: 'peerAuthentications',
  AuthorizationPolicy: 'authorizationPolicies',
  RequestAuthentication: 'requestAuthentications',
  Telemetry: 'telemetries',
  EnvoyFilter: 'envoyFilters',
  RateLimit: 'rateLimits',
} as const satisfies Partial<Record<KindName, keyof Snapshot>>;

/** Kinds whose resources are in a snapshot as such. */
export type ConfigKind = keyof typeof listOfKind;
export type ConfigOf<K extends ConfigKind> = Config<Extract<Resource, { readonly kind: K }>>;

export const isConfigKind = (kind: string): kind is ConfigKind => Object.hasOwn(listOfKind, kind);

export function configsOf<K extends ConfigKind>(snapshot: Snapshot, kind: K): readonly ConfigOf<K>[] {
  return snapshot[listOfKind[kind]] as unknown as readonly ConfigOf<K>[];
}

export function withConfigs(snapshot: Snapshot, kind: ConfigKind, configs: readonly unknown[]): Snapshot {
  return { ...snapshot, [listOfKind[kind]]: configs } as Snapshot;
}

/** What is judged: things of which kind, namespace and name. */
export type Subject = (of: { readonly kind: string; readonly namespace: string; readonly name: string }) => boolean;

/** All that analyzers look at. */
export interface AnalysisInput {
  readonly snapshot: Snapshot;
  readonly settings: MeshSettings;
  /** What the schema, the registry and the translation say by themselves. */
  readonly problems: readonly RegistryProblem[];
  /** As their source has them, the kinds among them that the mesh does not read. */
  readonly objects: readonly SourceObject[];
  /** False where things of this kind may be there and are not told of: then nothing is concluded from their absence. */
  readonly knows: (kind: string, namespace: string) => boolean;
  /** Findings are of these; all else is what they stand in. */
  readonly judged: Subject;
  /** Image that injection gives to proxies now; '' is not known. */
  readonly proxyImage: string;
  /** The revision that a pod asks for and its image, '' where that is not known; undefined where no installed revision is it. */
  readonly revisionNow?: (pod: SourceObject) => { readonly revision: string; readonly image: string } | undefined;
  /** Why injection would give a pod a proxy; undefined where it would not. */
  readonly wouldInject: (pod: SourceObject) => string | undefined;
  /** Whether requests that show errors are looked for: that takes longer than to find these. */
  readonly showsRequests: boolean;
  /** Where the control plane is. */
  readonly systemNamespace: string;
}

/** The resources of a kind that are judged. */
export function subjects<K extends ConfigKind>({ snapshot, judged }: AnalysisInput, kind: K): readonly ConfigOf<K>[] {
  return configsOf(snapshot, kind).filter(({ namespace, name }) => judged({ kind, namespace, name }));
}

/** Objects of a kind; other groups have kinds of the same names, so the group is asked for (`''` of Kubernetes' core). */
export function objectsOf({ objects }: AnalysisInput, group: string, kind: string): readonly SourceObject[] {
  return objects.filter((object) => object.kind === kind && groupOf(object) === group);
}

/** Those of them that are judged. */
export function subjectObjects(input: AnalysisInput, group: string, kind: string): readonly SourceObject[] {
  return objectsOf(input, group, kind).filter(input.judged);
}

const groupOf = ({ apiVersion }: SourceObject) =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
