import { isObject } from '../model/json.ts';
import { isSame } from '../model/same.ts';
import { kindOf } from '../schema/kinds.ts';
import { keptAnnotations } from '../source/kept-annotations.ts';
import { type ObjectChanges, type ObjectSource, objectKey, type SourceObject } from '../source/object-source.ts';
import type { ChangeRow, ChangesPage } from './api-types.ts';

/** More of them nobody reads, and a rollout of a thousand pods must not fill the memory. */
const most = 100;
const longestMs = 900_000;

export interface LatestChangesOptions {
  readonly now: () => number;
}

/**
 * What has changed lately, as this replica has seen it: "what did somebody do?" is asked first when calls begin to fail. Of pods
 * only that they came or went: their status changes all the time.
 */
export class LatestChanges {
  readonly #now: () => number;
  readonly #known = new Map<string, SourceObject>();
  #changes: readonly ChangeRow[] = [];
  #since: number | undefined;

  constructor({ now }: LatestChangesOptions) {
    this.#now = now;
  }

  /** What the source tells before it is synced is no change. The answer ends it. */
  follow(source: ObjectSource): () => void {
    return source.onObjects((changes) => {
      this.#apply(changes);
      if (source.objectsSynced) this.#since ??= this.#now();
    });
  }

  /** The newest first. */
  page(): ChangesPage {
    const now = this.#now();
    return { now, since: this.#since ?? now, changes: this.#recent() };
  }

  #apply({ upserts, removals }: ObjectChanges): void {
    const at = this.#now();
    const rows: ChangeRow[] = [];
    for (const key of removals) {
      const before = this.#known.get(key);
      if (before !== undefined) rows.push(rowOf(at, 'removed', before));
      this.#known.delete(key);
    }
    for (const object of upserts.filter(isTold)) {
      const key = objectKey(object);
      const before = this.#known.get(key);
      this.#known.set(key, object);
      if (before === undefined) rows.push(rowOf(at, 'added', object));
      else if (object.kind !== 'Pod' && !isSame(meaningOf(before), meaningOf(object)))
        rows.push(rowOf(at, 'changed', object));
    }
    if (this.#since === undefined || rows.length === 0) return;
    this.#changes = [...rows.reverse(), ...this.#recent()].slice(0, most);
  }

  #recent(): readonly ChangeRow[] {
    const from = this.#now() - longestMs;
    return this.#changes.filter(({ at }) => at > from);
  }
}

function rowOf(at: number, what: ChangeRow['what'], { kind, namespace, name, apiVersion }: SourceObject): ChangeRow {
  return { at, what, kind, namespace, name, hasPage: kindOf(apiVersion, kind) !== undefined };
}

/** Others change by themselves, or are no matter of calls. */
function isTold({ apiVersion, kind, name }: SourceObject): boolean {
  if (kind === 'ConfigMap') return name === 'istio' || (name.startsWith('istio-') && name !== 'istio-ca-root-cert');
  return kind === 'Service' || kind === 'Pod' || kindOf(apiVersion, kind) !== undefined;
}

/** But for its status and who wrote it when. */
function meaningOf({ object: { spec, data, metadata } }: SourceObject): unknown {
  const { labels = {}, annotations = {} } = isObject(metadata) ? metadata : {};
  return [spec, data, labels, isObject(annotations) ? keptAnnotations(annotations as Record<string, string>) : {}];
}
