import { objectKey, type SourceObject } from '../object-source.ts';
import type { ObjectStore } from '../object-store.ts';
import type { ListWatchSink } from './list-watch.ts';
import { nothing } from './prune-objects.ts';

/** What one list and watch puts into the store: a new list takes away only what came from the lists before it. */
export function feedOf(store: ObjectStore): Omit<ListWatchSink<SourceObject>, 'problem' | 'fault'> {
  let mine = new Set<string>();
  const wanted = (item: SourceObject) => item.object !== nothing;
  return {
    replace: (items) => {
      const listed = items.filter(wanted);
      const keys = new Set(listed.map(objectKey));
      const gone = [...mine].filter((key) => !keys.has(key));
      mine = keys;
      store.change(listed, gone);
    },
    upsert: (item) => {
      const key = objectKey(item);
      if (wanted(item)) {
        mine.add(key);
        store.change([item], []);
      } else if (mine.delete(key)) store.change([], [key]);
    },
    remove: (item) => {
      const key = objectKey(item);
      if (mine.delete(key)) store.change([], [key]);
    },
  };
}
