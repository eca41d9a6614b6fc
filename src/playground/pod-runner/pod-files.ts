import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isObject, type JsonObject } from '../../model/json.ts';
import type { Pod } from '../../model/pod.ts';
import { readField } from './pod-fields.ts';

/** What the cluster holds beside the pod. */
export interface ClusterObjects {
  /** ConfigMaps of the pod's namespace: name to files. */
  readonly configMaps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Folders that CSI drivers of the node mount, by driver. */
  readonly csi?: Readonly<Record<string, string>>;
  /** The token that the API server issued for the pod, by its audience: '' is the API server's own. */
  readonly token: (audience: string) => string;
}

/** A token that a volume of the pod asks for. */
export interface TokenFile {
  readonly volume: string;
  readonly path: string;
  /** '' for the API server's own. */
  readonly audience: string;
  readonly seconds: number;
}

/** A folder for each volume of the pod, filled as the kubelet fills it. Volume name to folder. */
export function writeVolumes(pod: Pod, cluster: ClusterObjects, root: string): Map<string, string> {
  const folders = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    const mounted = csiFolder(volume, cluster);
    if (mounted !== undefined) {
      folders.set(volume.name, mounted);
      continue;
    }
    const folder = join(root, volume.name);
    mkdirSync(folder, { recursive: true });
    if (isObject(volume['emptyDir'])) chmodSync(folder, 0o777);
    for (const [path, text] of filesOf(volume, { pod, cluster })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    folders.set(volume.name, folder);
  }
  return folders;
}

/** ConfigMaps that changed, in the volumes of a pod that runs; each file at once, as the kubelet does. */
export function rewriteConfigMaps(
  pod: Pod,
  configMaps: ClusterObjects['configMaps'],
  folders: ReadonlyMap<string, string>,
): void {
  for (const volume of pod.spec.volumes ?? []) {
    const folder = folders.get(volume.name);
    if (!isObject(volume['configMap']) || folder === undefined) continue;
    for (const [name, text] of configMapFiles(volume['configMap'], configMaps)) {
      const path = join(folder, name);
      if (readFileSync(path, 'utf8') === text) continue;
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    }
  }
}

/** Where the pod's tokens are below the folders of its volumes, for whom, and for how many seconds each is asked for. */
export function tokenFiles(pod: Pod): TokenFile[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    const projected = isObject(volume['projected']) ? volume['projected']['sources'] : undefined;
    return (Array.isArray(projected) ? projected : []).flatMap((source) => {
      const token = isObject(source) ? source['serviceAccountToken'] : undefined;
      if (!isObject(token)) return [];
      const seconds = Number(token['expirationSeconds'] ?? 3600);
      const audience = String(token['audience'] ?? '');
      return [{ volume: volume.name, path: String(token['path']), audience, seconds }];
    });
  });
}

/** Undefined for volumes of other kinds, and where no such driver is there: then the pod does not start. */
function csiFolder(
  volume: { readonly [field: string]: unknown },
  { csi = {} }: Pick<ClusterObjects, 'csi'>,
): string | undefined {
  return isObject(volume['csi']) ? csi[String(volume['csi']['driver'])] : undefined;
}

interface Around {
  readonly pod: Pod;
  readonly cluster: ClusterObjects;
}

function filesOf(volume: JsonObject | { [field: string]: unknown }, around: Around): [string, string][] {
  if (isObject(volume['downwardAPI'])) return downwardFiles(volume['downwardAPI'], around.pod);
  if (isObject(volume['configMap'])) return configMapFiles(volume['configMap'], around.cluster.configMaps);
  if (isObject(volume['projected'])) {
    const sources = volume['projected']['sources'];
    return (Array.isArray(sources) ? sources : []).flatMap((source) => projectedFiles(source, around));
  }
  if (isObject(volume['emptyDir'])) return [];
  throw new Error(`the pod runner knows no such volume: ${JSON.stringify(volume)}`);
}

function projectedFiles(source: unknown, around: Around): [string, string][] {
  if (!isObject(source)) return [];
  const token = source['serviceAccountToken'];
  if (isObject(token)) return [[String(token['path']), around.cluster.token(String(token['audience'] ?? ''))]];
  return filesOf(source, around);
}

function configMapFiles(volume: JsonObject, configMaps: ClusterObjects['configMaps']): [string, string][] {
  const name = String(volume['name']);
  const files = configMaps[name];
  if (files === undefined && volume['optional'] === true) return [];
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
