import { OutriggerError } from '../errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import type { Origin } from '../model/origin.ts';
import { holdsFor, isEnforced } from '../policy/authorization/select.ts';
import { hasLabels } from '../policy/client.ts';
import { indexPeerAuthentications, type WorkloadModes } from '../policy/peer-authentication/mode.ts';
import { Registry } from '../registry/registry.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { EmergencyCluster } from './cluster.ts';
import type { Scope } from './scope.ts';

/** A policy, and for how many of the pods it holds. */
export interface Held {
  /** `<namespace>/<name>` */
  readonly policy: string;
  readonly pods: number;
}

/** What is in force for the pods of a scope and would be lost. */
export interface Protection {
  /** With a proxy, as they are now. */
  readonly pods: number;
  /** AuthorizationPolicies that refuse: not those of AUDIT or under trial. */
  readonly refusing: readonly (Held & { readonly action: string })[];
  /** PeerAuthentications by which plaintext is refused. */
  readonly strict: readonly Held[];
  /** Plurals that the caller may not list: nothing is known of them. */
  readonly unread: readonly string[];
}

const listed = [
  { apiVersion: 'v1', kind: 'Pod', plural: 'pods', base: '/api/v1' },
  ...[
    { kind: 'AuthorizationPolicy', plural: 'authorizationpolicies' },
    { kind: 'PeerAuthentication', plural: 'peerauthentications' },
  ].map((kind) => ({ ...kind, apiVersion: 'security.istio.io/v1', base: '/apis/security.istio.io/v1' })),
];

/** It is for information: who may declare an emergency need not be able to read all of it. */
export async function protectionOf(
  cluster: Pick<EmergencyCluster, 'list'>,
  scope: Scope,
  rootNamespaces: readonly string[],
): Promise<Protection> {
  const isMesh = rootNamespaces.includes(scope.namespace);
  const unread = new Set<string>();
  const read = async ({ base, plural, kind, apiVersion }: (typeof listed)[number]): Promise<SourceObject[]> => {
    const around = kind === 'Pod' ? [scope.namespace] : [...new Set([scope.namespace, ...rootNamespaces])];
    const places = isMesh ? [''] : around.map((name) => `namespaces/${name}/`);
    const lists = places.map((place) =>
      cluster.list(`${base}/${place}${plural}`).catch((error: unknown) => {
        if (!(error instanceof OutriggerError) || error.code !== 'OR2503') throw error;
        unread.add(plural);
        return [];
      }),
    );
    return (await Promise.all(lists)).flat().flatMap((object) => sourceObject(object, { apiVersion, kind }));
  };
  const registry = new Registry({ domainSuffix: 'cluster.local', rootNamespaces });
  registry.apply({ upserts: (await Promise.all(listed.map(read))).flat(), removals: [] });
  return { ...protectionIn(registry.snapshot, scope, rootNamespaces), unread: [...unread].sort() };
}

/** Pure. */
function protectionIn(snapshot: Snapshot, scope: Scope, rootNamespaces: readonly string[]): Omit<Protection, 'unread'> {
  const isMesh = rootNamespaces.includes(scope.namespace);
  const pods = [...snapshot.workloads.values()].filter(
    ({ namespace, labels, meshed }) =>
      meshed && (isMesh || namespace === scope.namespace) && hasLabels(labels, scope.labels),
  );
  const peers = indexPeerAuthentications(snapshot.peerAuthentications, rootNamespaces);
  const refusing = snapshot.authorizationPolicies
    .filter((config) => isEnforced(config) && config.spec.action !== 'AUDIT')
    .map((config) => ({
      policy: placeOf(config.origin),
      pods: pods.filter((pod) => holdsFor(config, { ...pod, rootNamespaces, trustDomains: [] })).length,
      action: config.spec.action ?? 'ALLOW',
    }));
  const strict = Map.groupBy(
    pods.flatMap((pod) => strictOrigin(peers.forWorkload(pod.namespace, pod.labels)) ?? []),
    placeOf,
  );
  return {
    pods: pods.length,
    refusing: refusing.filter((held) => held.pods > 0),
    strict: [...strict].map(([policy, found]) => ({ policy, pods: found.length })),
  };
}

function strictOrigin({ mode, ports, origin }: WorkloadModes): Origin | undefined {
  return mode === 'strict' || [...ports.values()].includes('strict') ? origin : undefined;
}

const placeOf = ({ namespace, name }: Origin): string => `${namespace}/${name}`;

/** Items of a list do not say what they are. */
function sourceObject(object: JsonObject, { apiVersion, kind }: { apiVersion: string; kind: string }): SourceObject[] {
  const { metadata } = object;
  if (!isObject(metadata)) return [];
  const place = { kind, namespace: String(metadata['namespace'] ?? ''), name: String(metadata['name'] ?? '') };
  return [{ apiVersion, ...place, object: { ...object, apiVersion, kind }, origin: place }];
}
