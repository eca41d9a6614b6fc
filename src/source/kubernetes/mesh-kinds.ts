import { isObject, type JsonObject } from '../../model/json.ts';
import { type DialectKind, dialectKinds, kindKey } from '../../schema/dialect-kinds.ts';
import type { KindDefinition } from '../../schema/kind.ts';
import { kinds } from '../../schema/kinds.ts';
import type { SourceObject } from '../object-source.ts';
import type { ResourceKind } from './kube-transport.ts';
import {
  type Prune,
  pruneConfig,
  pruneConfigMap,
  prunePod,
  pruneSecret,
  pruneService,
  pruneSlice,
} from './prune-objects.ts';

/** What is listed and watched as one. */
export interface MeshKind {
  /** For people: `services`, `secrets of gateways`. */
  readonly resource: string;
  /** The same kind in the versions that may be served, the best one first. */
  readonly versions: readonly ResourceKind<SourceObject>[];
  /** `any`: without the right to read it the mesh works, but for what needs it. */
  readonly needed: 'all' | 'any';
}

const kubernetesKinds: readonly MeshKind[] = [
  always('services', 'v1', 'Service', pruneService),
  always('endpointslices', 'discovery.k8s.io/v1', 'EndpointSlice', pruneSlice),
  always('pods', 'v1', 'Pod', prunePod),
];

/** Secrets are read only where gateways are said to be: docs/decisions/0060-secrets-of-gateways.md. */
export function meshKinds(secretNamespaces: readonly string[]): readonly MeshKind[] {
  const definitions: readonly KindDefinition[] = kinds;
  const others = definitions.filter(({ kind }) => !readByInjection.includes(kind));
  return [
    ...kubernetesKinds,
    ...others.map(istioKind),
    ...dialectKinds.map(dialectKind),
    ...secretNamespaces.flatMap(secretsOf),
  ];
}

const readByInjection = ['ProxyConfig', 'Emergency', 'EnvoyFilter'];

/** What injection reads, also where no proxy is configured: ProxyConfigs, Emergencies, EnvoyFilters, and Istio's meshConfig where it may be. */
export function injectionKinds(rootNamespaces: readonly string[]): readonly MeshKind[] {
  const definitions: readonly KindDefinition[] = kinds;
  return [
    ...definitions.filter(({ kind }) => readByInjection.includes(kind)).map(istioKind),
    ...rootNamespaces.map(meshConfigOf),
  ];
}

function meshConfigOf(namespace: string): MeshKind {
  const version: ResourceKind<SourceObject> = {
    ...{ path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`, metadataOnly: false },
    ...{ fieldSelector: 'metadata.name=istio', decode: decoder('v1', 'ConfigMap', pruneConfigMap) },
  };
  return { resource: `the meshConfig of ${namespace}`, versions: [version], needed: 'any' };
}

/** Where there is v1beta1, v1alpha3 has the same objects, and every API server that serves it serves that one, too. */
function istioKind({ group, kind, plural, versions }: KindDefinition): MeshKind {
  const read = versions.filter((version) => version !== 'v1alpha3' || !versions.includes('v1beta1'));
  const kindOfVersion = (version: string): ResourceKind<SourceObject> => ({
    ...{ path: `/apis/${group}/${version}/${plural}`, metadataOnly: false, presence: 'optional' },
    decode: decoder(`${group}/${version}`, kind, pruneConfig),
  });
  return { resource: plural, versions: read.map(kindOfVersion), needed: 'all' };
}

/** Without the right to read them the rest of the mesh works: not every cluster has them. */
function dialectKind({ group, kind, plural, versions }: DialectKind): MeshKind {
  const kindOfVersion = (version: string): ResourceKind<SourceObject> => ({
    ...{ path: `/apis/${group}/${version}/${plural}`, metadataOnly: false, presence: 'optional' },
    decode: decoder(`${group}/${version}`, kind, pruneConfig),
  });
  return { resource: `${plural}.${group}`, versions: versions.map(kindOfVersion), needed: 'any' };
}

/** The types that a certificate can be of; others do not even travel. */
function secretsOf(namespace: string): readonly MeshKind[] {
  return ['kubernetes.io/tls', 'Opaque'].map((type) => {
    const version: ResourceKind<SourceObject> = {
      ...{ path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`, metadataOnly: false },
      ...{ fieldSelector: `type=${type}`, decode: decoder('v1', 'Secret', pruneSecret) },
    };
    return { resource: `secrets of ${namespace}`, versions: [version], needed: 'any' };
  });
}

function always(resource: string, apiVersion: string, kind: string, prune: Prune): MeshKind {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const version = { path: `${root}/${resource}`, metadataOnly: false, decode: decoder(apiVersion, kind, prune) };
  return { resource, versions: [version], needed: 'all' };
}

/** Items of a list do not say what they are. */
function decoder(apiVersion: string, kind: string, prune: Prune): (object: JsonObject) => SourceObject | undefined {
  return (object) => {
    const { metadata } = object;
    if (!isObject(metadata) || typeof metadata.name !== 'string') return undefined;
    const { name, generation } = metadata;
    const key = kindKey(apiVersion, kind);
    const place = { kind: key, namespace: typeof metadata.namespace === 'string' ? metadata.namespace : '', name };
    const origin = { ...place, ...(typeof generation === 'number' ? { generation } : {}) };
    return { apiVersion, ...place, object: prune({ ...object, apiVersion, kind }), origin };
  };
}
