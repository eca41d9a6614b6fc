import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isObject, type JsonObject } from '../../src/model/json.ts';
import type { Pod } from '../../src/model/pod.ts';

/** What the cluster holds beside the pod. */
export interface ClusterObjects {
  /** ConfigMaps of the pod's namespace: name to files. */
  readonly configMaps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The token that the API server issues for the pod. */
  readonly token: string;
}

/** A folder for each volume of the pod, filled as the kubelet fills it. Volume name to folder. */
export function writeVolumes(pod: Pod, cluster: ClusterObjects, root: string): Map<string, string> {
  const folders = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    const folder = join(root, volume.name);
    mkdirSync(folder, { recursive: true });
    for (const [path, text] of filesOf(volume, { pod, cluster })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    folders.set(volume.name, folder);
  }
  return folders;
}

interface Around {
  readonly pod: Pod;
  readonly cluster: ClusterObjects;
}

function filesOf(volume: JsonObject | { [field: string]: unknown }, around: Around): [string, string][] {
  if (isObject(volume['downwardAPI'])) return downwardFiles(volume['downwardAPI'], around.pod);
  if (isObject(volume['configMap'])) return configMapFiles(String(volume['configMap']['name']), around.cluster);
  if (isObject(volume['projected'])) {
    const sources = volume['projected']['sources'];
    return (Array.isArray(sources) ? sources : []).flatMap((source) => projectedFiles(source, around));
  }
  if (isObject(volume['emptyDir'])) return [];
  throw new Error(`the player knows no such volume: ${JSON.stringify(volume)}`);
}

function projectedFiles(source: unknown, around: Around): [string, string][] {
  if (!isObject(source)) return [];
  const token = source['serviceAccountToken'];
  if (isObject(token)) return [[String(token['path']), around.cluster.token]];
  return filesOf(source, around);
}

function configMapFiles(name: string, cluster: ClusterObjects): [string, string][] {
  const files = cluster.configMaps[name];
  if (files === undefined) throw new Error(`there is no ConfigMap ${name}: the pod would not start`);
  return Object.entries(files);
}

function downwardFiles(source: JsonObject, pod: Pod): [string, string][] {
  const items = Array.isArray(source['items']) ? source['items'] : [];
  return items.filter(isObject).map((item) => {
    const reference = isObject(item['fieldRef']) ? String(item['fieldRef']['fieldPath']) : '';
    return [String(item['path']), readField(pod, reference)];
  });
}

/** `metadata.labels`, `metadata.annotations['key']` and the like, by the downward API's rules. */
export function readField(pod: Pod, path: string): string {
  const single = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (single !== null) return pod.metadata[single[1] as 'labels' | 'annotations']?.[single[2] ?? ''] ?? '';
  const all = /^metadata\.(labels|annotations)$/.exec(path);
  if (all !== null) {
    const entries = Object.entries(pod.metadata[all[1] as 'labels' | 'annotations'] ?? {});
    return entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n');
  }
  if (path === 'metadata.name') return pod.metadata.name ?? '';
  if (path === 'metadata.namespace') return pod.metadata.namespace ?? '';
  if (path === 'spec.serviceAccountName') return pod.spec.serviceAccountName ?? '';
  if (path === 'spec.nodeName') return pod.spec.nodeName ?? '';
  throw new Error(`the player knows no field ${path}`);
}
