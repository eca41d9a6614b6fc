import type { JsonObject } from '../../../src/model/json.ts';
import { objectKey, type SourceObject } from '../../../src/source/object-source.ts';

/** Objects of Kubernetes, in the order of their creation. */
export type World = readonly KubernetesObject[];

export interface KubernetesObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: JsonObject & { readonly name: string; readonly namespace?: string };
}

/** As a source has them. */
export function sourceObjects(world: World): SourceObject[] {
  return world.map((object) => {
    const { apiVersion, kind, metadata } = object;
    const place = {
      kind,
      namespace: kind === 'Namespace' ? '' : (metadata.namespace ?? 'default'),
      name: metadata.name,
    };
    return { apiVersion, ...place, object, origin: place };
  });
}

/** What turns one world into another. */
export function changesBetween(before: World, after: World) {
  const known = new Map(before.map((object) => [keyOf(object), JSON.stringify(object)]));
  const upserts = after.filter((object) => known.get(keyOf(object)) !== JSON.stringify(object));
  const kept = new Set(after.map(keyOf));
  return { upserts: sourceObjects(upserts), removals: [...known.keys()].filter((key) => !kept.has(key)) };
}

function keyOf(object: KubernetesObject): string {
  const [source] = sourceObjects([object]);
  return source === undefined ? '' : objectKey(source);
}
