import { isDeepStrictEqual } from 'node:util';
import { healthAnnotation, seenAtAnnotation } from '../model/auto-registration.ts';
import type { FaultListener } from '../model/fault.ts';
import type { JsonObject } from '../model/json.ts';
import { type ObjectListener, ObjectStore } from '../source/object-store.ts';
import type { RegisteredEntry } from './entry-of.ts';
import type { EntryStore } from './entry-store.ts';

const kind = 'WorkloadEntry';

/** In memory, for one control plane alone: its machines come again when it does. */
export class LocalEntries implements EntryStore {
  readonly #store: ObjectStore;
  readonly #entries = new Map<string, RegisteredEntry>();

  /** `onFault` is told OR1660 of an entry that a listener cannot take. */
  constructor(onFault?: FaultListener) {
    this.#store = new ObjectStore(onFault);
  }

  onObjects(listener: ObjectListener): void {
    this.#store.follow(listener);
  }

  async put(entry: RegisteredEntry): Promise<void> {
    const { name, namespace } = entry.metadata;
    const key = `${kind} ${namespace}/${name}`;
    if (isDeepStrictEqual(this.#entries.get(key), entry)) return;
    this.#entries.set(key, entry);
    const object = entry as unknown as JsonObject;
    const { apiVersion } = entry;
    this.#store.change([{ apiVersion, kind, namespace, name, object, origin: { kind, namespace, name } }], []);
  }

  async judge({ namespace, name, health }: Parameters<EntryStore['judge']>[0]): Promise<void> {
    const known = this.#entries.get(`${kind} ${namespace}/${name}`);
    if (known === undefined) return;
    const annotations = { ...known.metadata.annotations, [healthAnnotation]: health };
    await this.put({ ...known, metadata: { ...known.metadata, annotations } });
  }

  async remove({ namespace, name, seenAt }: Parameters<EntryStore['remove']>[0]): Promise<void> {
    const key = `${kind} ${namespace}/${name}`;
    const annotations: Readonly<Record<string, string>> = this.#entries.get(key)?.metadata.annotations ?? {};
    if (annotations[seenAtAnnotation] !== seenAt) return;
    this.#entries.delete(key);
    this.#store.change([], [key]);
  }
}
