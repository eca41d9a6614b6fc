import { isObject, type JsonObject } from '../../../src/model/json.ts';
import { textAt } from '../../../src/playground/cluster/json-reading.ts';
import { until } from '../../../src/playground/pod-runner/until.ts';
import { systemClock } from '../../../src/source/kubernetes/clock.ts';
import type { KubeConnection } from '../../../src/source/kubernetes/connection.ts';
import { createKubeTransport } from '../../../src/source/kubernetes/kube-transport.ts';
import { ListWatch } from '../../../src/source/kubernetes/list-watch.ts';

/** One kind of object as the API server has it now, by `namespace/name`. */
export interface Followed {
  readonly objects: ReadonlyMap<string, JsonObject>;
}

export interface FollowOptions {
  readonly connection: KubeConnection;
  readonly path: string;
  readonly signal: AbortSignal;
  /** Something is another, new or gone. */
  readonly onChange: () => void;
}

export function keyOf(object: JsonObject): string {
  return `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`;
}

/** Lists and watches until the signal aborts; resolves when all that is there was listed. */
export async function follow({ connection, path, signal, onChange }: FollowOptions): Promise<Followed> {
  const objects = new Map<string, JsonObject>();
  const transport = createKubeTransport(
    connection,
    { path, metadataOnly: false, decode: (object: JsonObject) => (isObject(object) ? object : undefined) },
    { pageSize: 500, random: Math.random },
  );
  const watch = new ListWatch<JsonObject>({
    transport,
    clock: systemClock,
    random: Math.random,
    sink: {
      replace: (items) => {
        objects.clear();
        for (const item of items) objects.set(keyOf(item), item);
        onChange();
      },
      upsert: (item) => {
        objects.set(keyOf(item), item);
        onChange();
      },
      remove: (item) => {
        objects.delete(keyOf(item));
        onChange();
      },
      problem: () => {},
      fault: (error) => {
        throw error;
      },
    },
  });
  watch.start(signal);
  await until(`${path} is listed`, () => watch.synced || undefined, 30);
  return { objects };
}
