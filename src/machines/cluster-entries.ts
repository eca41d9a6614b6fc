import { asOutriggerError } from '../errors.ts';
import { healthAnnotation, seenAtAnnotation } from '../model/auto-registration.ts';
import type { JsonObject } from '../model/json.ts';
import { textAt } from '../model/json-fields.ts';
import type { RegisteredEntry } from './entry-of.ts';
import type { EntryStore } from './entry-store.ts';

/** Implemented by src/source/kubernetes/cluster-objects.ts. */
export interface EntryCluster {
  get(path: string): Promise<JsonObject | undefined>;
  apply(path: string, body: object, options: { readonly force: boolean; readonly dryRun: boolean }): Promise<unknown>;
  merge(path: string, body: object): Promise<unknown>;
  remove(path: string, preconditions: { readonly uid: string; readonly resourceVersion: string }): Promise<boolean>;
}

/** In Kubernetes' API, where every replica sees them. */
export class ClusterEntries implements EntryStore {
  readonly #cluster: EntryCluster;

  constructor(cluster: EntryCluster) {
    this.#cluster = cluster;
  }

  async put(entry: RegisteredEntry): Promise<void> {
    const { namespace, name } = entry.metadata;
    await this.#cluster.apply(pathOf(namespace, name), entry, { force: true, dryRun: false });
  }

  async judge({ namespace, name, health }: Parameters<EntryStore['judge']>[0]): Promise<void> {
    await this.#cluster.merge(pathOf(namespace, name), { metadata: { annotations: { [healthAnnotation]: health } } });
  }

  /** Under the version that was looked at: a replica to which the machine came in the meantime has written another. */
  async remove({ namespace, name, seenAt }: Parameters<EntryStore['remove']>[0]): Promise<void> {
    const path = pathOf(namespace, name);
    const found = await this.#cluster.get(path);
    if (found === undefined || textAt(found, 'metadata', 'annotations', seenAtAnnotation) !== seenAt) return;
    const uid = textAt(found, 'metadata', 'uid');
    const resourceVersion = textAt(found, 'metadata', 'resourceVersion');
    try {
      await this.#cluster.remove(path, { uid, resourceVersion });
    } catch (error) {
      // Another replica was faster.
      if (asOutriggerError(error).code !== 'OR2505') throw error;
    }
  }
}

function pathOf(namespace: string, name: string): string {
  return `/apis/networking.istio.io/v1/namespaces/${namespace}/workloadentries/${name}`;
}
