import { OutriggerError } from '../errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import type { KubeConnection } from '../source/kubernetes/connection.ts';
import { injectionKinds, type MeshKind, meshKinds } from '../source/kubernetes/mesh-kinds.ts';
import type { SourceObject } from '../source/object-source.ts';
import { listAll } from './list-all.ts';

const clusterKinds = [
  { path: '/api/v1/namespaces', kind: 'Namespace' },
  { path: '/api/v1/nodes', kind: 'Node' },
] as const;

/**
 * Every object of the mesh as it is now, each kind listed once and whole: a command describes what people wrote, too, and
 * not only what proxies need. Throws OR1630, OR2538.
 */
export async function readLiveObjects(
  connection: KubeConnection,
  rootNamespaces: readonly string[],
): Promise<SourceObject[]> {
  const kinds = [...meshKinds([]), ...injectionKinds(rootNamespaces)];
  const lists = await Promise.all([
    ...clusterKinds.map(({ path, kind }) => listCluster(connection, path, kind)),
    ...kinds.map((kind) => listKind(connection, kind)),
  ]);
  return lists.flat();
}

async function listCluster(connection: KubeConnection, path: string, kind: string): Promise<SourceObject[]> {
  return ((await listAll(connection, path)) ?? []).map((object) => {
    const metadata = isObject(object.metadata) ? object.metadata : {};
    const place = { kind, namespace: '', name: String(metadata.name ?? '') };
    return { apiVersion: 'v1', ...place, object: { ...object, apiVersion: 'v1', kind }, origin: place };
  });
}

/** In the best version that is served; a kind that is not installed has no objects. */
async function listKind(connection: KubeConnection, { versions, needed }: MeshKind): Promise<SourceObject[]> {
  for (const { path, fieldSelector, decode } of versions) {
    const query: Record<string, string> = fieldSelector === undefined ? {} : { fieldSelector };
    const found = await listAll(connection, path, query).catch((error: unknown) => {
      if (needed === 'any' && error instanceof OutriggerError && error.code === 'OR2538') return [];
      throw error;
    });
    if (found !== undefined) return found.flatMap((object) => whole(decode(object), object));
  }
  return [];
}

/** The control plane keeps only what it needs of an object. */
function whole(decoded: SourceObject | undefined, object: JsonObject): SourceObject[] {
  if (decoded === undefined) return [];
  const { apiVersion, kind } = decoded;
  return [{ ...decoded, object: { ...object, apiVersion, kind } }];
}
