import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { printYaml as printText } from '../../documents/kubernetes-yaml.ts';
import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { rememberedBy } from '../../model/remembered.ts';
import type { Workload } from '../../model/workload.ts';
import { hasLabels } from '../../policy/client.ts';
import { resolveHost } from '../../policy/hosts.ts';
import { isAttached, isTarget } from '../../policy/targets.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import { kindOf } from '../../schema/kinds.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { ConfigPage, ConfigRow } from '../api-types.ts';
import type { AllFindings } from './findings.ts';
import type { World } from './world.ts';

export interface ConfigParts {
  readonly world: World;
  readonly findings: AllFindings;
}

type PodsByNamespace = ReadonlyMap<string, readonly Workload[]>;

/** Names of what a resource is for; more of them nobody reads. */
const mostAffected = 20;

/** Proxies wait for nobody who looks at a page: after so many resources it is their turn. */
const inOneTurn = 100;

/** Every resource of Istio's API and ours. */
export async function listConfig(parts: ConfigParts): Promise<ConfigRow[]> {
  const row = await rowMaker(parts);
  const rows: ConfigRow[] = [];
  for (const object of parts.world.objects()) {
    if (kindOf(object.apiVersion, object.kind) === undefined) continue;
    rows.push(row(object));
    if (rows.length % inOneTurn === 0) await nextTurn();
  }
  return rows.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

async function rowMaker({ world, findings }: ConfigParts): Promise<(object: SourceObject) => ConfigRow> {
  const [found, delivered] = [await findings.all(), await world.deliveries.all()];
  const pods = podsByNamespace(world.mesh.snapshot().workloads);
  return (object) => {
    const { kind, apiVersion, namespace, name } = object;
    const key = `${kind} ${namespace}/${name}`;
    return {
      ...{ kind, apiVersion, namespace, name },
      findings: found.get(key) ?? [],
      affects: affectedBy(world, pods, object),
      delivered: delivered.get(key) ?? null,
    };
  };
}

const podsByNamespace = rememberedBy((workloads: Snapshot['workloads']) =>
  Map.groupBy(workloads.values(), ({ namespace }) => namespace),
);

const sortKey = ({ namespace, kind, name }: ConfigRow) => JSON.stringify([namespace, kind, name]);

/** Throws OR4037. */
export async function configPage(parts: ConfigParts, place: ConfigPlace, mayWrite: boolean): Promise<ConfigPage> {
  const object = findObject(parts.world, place);
  const row = (await rowMaker(parts))(object);
  return { ...row, yaml: printYaml(object.object), version: versionOf(object.object), mayWrite };
}

/** Of what people see of it: its status and who wrote what may change meanwhile. */
export function versionOf(object: JsonObject): string {
  return createHash('sha256').update(printYaml(object)).digest('hex').slice(0, 32);
}

export interface ConfigPlace {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Throws OR4037 for what is not there, and for kinds that are none of the mesh's: a Secret has no page. */
export function findObject({ objects }: World, place: ConfigPlace): SourceObject {
  const found = byPlace(objects()).get(placeKey(place));
  if (found === undefined) {
    const { kind, namespace, name } = place;
    throw new OutriggerError('OR4037', `${kind} ${namespace}/${name}`);
  }
  return found;
}

/** Of the kinds of the mesh; the list is the same one as long as nothing changes. */
const byPlace = rememberedBy((objects: readonly SourceObject[]) => {
  const ours = objects.filter(({ apiVersion, kind }) => kindOf(apiVersion, kind) !== undefined);
  return new Map(ours.map((object) => [placeKey(object), object]));
});

const placeKey = ({ kind, namespace, name }: ConfigPlace) => `${kind} ${namespace}/${name}`;

/** As people write it: what the API server adds is left out. Printed once for each object that there is. */
export const printYaml = rememberedBy((object: JsonObject): string => printText(asWritten(object)));

export function asWritten({ apiVersion, kind, metadata, spec }: JsonObject): JsonObject {
  const { name, namespace, labels, annotations } = isObject(metadata) ? metadata : {};
  const kept = Object.entries({ name, namespace, labels, annotations: withoutRecord(annotations) });
  const head = { apiVersion, kind, metadata: Object.fromEntries(kept.filter(([, value]) => value !== undefined)) };
  return (spec === undefined ? head : { ...head, spec }) as JsonObject;
}

function withoutRecord(annotations: Json | undefined): Json | undefined {
  if (!isObject(annotations)) return undefined;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...rest } = annotations;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** Hosts that it names; else the workloads that it selects. */
function affectedBy(
  { settings }: World,
  all: PodsByNamespace,
  { kind, apiVersion, namespace, object }: SourceObject,
): string[] {
  const spec = isObject(object.spec) ? object.spec : {};
  const { domainSuffix, rootNamespaces } = settings();
  const hosts = typeof spec['host'] === 'string' ? [spec['host']] : texts(spec['hosts']);
  if (hosts.length > 0) return hosts.slice(0, mostAffected).map((host) => resolveHost(host, namespace, domainSuffix));
  const labels = selected(spec);
  if (kind === 'Gateway' && apiVersion.startsWith('networking.istio.io/'))
    return workloadsOf(gatewaysOf(all), (pod) => hasLabels(pod.labels, labels));
  const targetRefs = attachedTo(spec);
  if (isAttached({ targetRefs }))
    return workloadsOf(all.get(namespace) ?? [], (pod) => isTarget({ targetRefs }, pod.labels));
  const everywhere = rootNamespaces.includes(namespace);
  if (labels === undefined) return [everywhere ? 'every workload' : `every workload of ${namespace}`];
  const near = everywhere ? [...all.values()].flat() : (all.get(namespace) ?? []);
  return workloadsOf(near, (pod) => hasLabels(pod.labels, labels));
}

/** A Gateway is for pods of any namespace. */
function gatewaysOf(all: PodsByNamespace): readonly Workload[] {
  return [...all.values()].flat().filter(({ role }) => role === 'gateway');
}

function workloadsOf(pods: readonly Workload[], isOne: (pod: Workload) => boolean): string[] {
  const names = pods.filter(isOne).map((pod) => `${pod.namespace}/${pod.workloadName}`);
  return [...new Set(names)].sort().slice(0, mostAffected);
}

function attachedTo({ targetRef, targetRefs }: JsonObject): { group: string; kind: string; name: string }[] {
  return [targetRef, ...(Array.isArray(targetRefs) ? targetRefs : [])]
    .filter((ref) => isObject(ref))
    .map(({ group, kind, name }) => ({ group: String(group), kind: String(kind), name: String(name) }));
}

function selected(spec: JsonObject): Readonly<Record<string, string>> | undefined {
  const { selector, workloadSelector } = spec;
  const given = isObject(selector) ? selector : isObject(workloadSelector) ? workloadSelector : undefined;
  const labels = given === undefined ? undefined : (given['matchLabels'] ?? given['labels'] ?? given);
  if (!isObject(labels)) return undefined;
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
