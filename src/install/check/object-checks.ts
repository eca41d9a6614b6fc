import { isDeepStrictEqual } from 'node:util';
import { asOutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { besideOthers } from '../apply-part.ts';
import type { InstallCluster } from '../cluster.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { objectPath, titleOf } from '../object-path.ts';
import { partsOf } from '../parts.ts';
import { type CheckLine, failed, ok, warning } from './check-line.ts';

/**
 * Whether each object is there and as the options make it. The API server compares: it is asked what an apply would leave,
 * defaults and all, without applying. Throws OR1630.
 */
export async function objectChecks(
  cluster: InstallCluster,
  objects: readonly KubernetesObject[],
  group: string,
): Promise<CheckLine[]> {
  const lines: CheckLine[] = [];
  for (const part of partsOf(objects)) {
    const wrong = (await Promise.all(part.objects.map((object) => ofObject(cluster, object, group)))).flat();
    lines.push(...(wrong.length === 0 ? [ok(group, `${part.title}: ${part.objects.length} as installed`)] : wrong));
  }
  return lines;
}

async function ofObject(cluster: InstallCluster, object: KubernetesObject, group: string): Promise<CheckLine[]> {
  const title = titleOf(object);
  const again = '`outrigger install` with the same options puts it back';
  try {
    const path = objectPath(object);
    const live = await cluster.get(path);
    if (live === undefined) return [failed(group, `${title} is there`, { reason: 'it is not', hint: again })];
    const wanted = besideOthers(object, live);
    if (wanted === undefined) return [];
    const after = await cluster.apply(path, wanted, { force: true, dryRun: true });
    const paths = differences(comparable(live), comparable(after));
    if (paths.length === 0) return [];
    const reason = `changed since: ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ` and ${paths.length - 5} more` : ''}`;
    return [
      failed(group, `${title} is as installed`, { reason, hint: `${again}; --set keeps a change that is wanted` }),
    ];
  } catch (error) {
    const { code, detail, remedy } = asOutriggerError(error);
    if (code === 'OR1630' || code === 'OR1901') throw error;
    if (code !== 'OR2503') return [failed(group, `${title} is as installed`, { reason: detail, hint: remedy })];
    return [warning(group, `${title} can be looked at`, { reason: detail, hint: 'run it with the rights to install' })];
  }
}

/** Without what is not a person's: status, versions, who wrote it. */
function comparable(object: JsonObject): JsonObject {
  const { status: _, metadata, ...rest } = object;
  const { labels = {}, annotations = {} } = isObject(metadata) ? metadata : {};
  return { ...rest, metadata: { labels, annotations } };
}

/** Paths at which two values differ; a list differs as a whole where its length does. Pure. */
export function differences(left: unknown, right: unknown, path = ''): string[] {
  if (isDeepStrictEqual(left, right)) return [];
  const inner = (keys: readonly string[], of: (side: unknown, key: string) => unknown, join: (key: string) => string) =>
    keys.flatMap((key) => differences(of(left, key), of(right, key), join(key)));
  if (isObject(left) && isObject(right)) {
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
    const of = (side: unknown, key: string) => (side as JsonObject)[key];
    return inner(keys, of, (key) => (path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(left) && Array.isArray(right) && left.length === right.length) {
    const of = (side: unknown, key: string) => (side as unknown[])[Number(key)];
    return inner(Object.keys(left), of, (key) => `${path}[${key}]`);
  }
  return [path];
}
