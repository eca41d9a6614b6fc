import type { JsonObject } from '../model/json.ts';

/** The cluster that something is installed in; implemented by src/source/kubernetes/cluster-objects.ts. */
export interface InstallCluster {
  get(path: string): Promise<JsonObject | undefined>;
  list(path: string, query?: Readonly<Record<string, string>>): Promise<JsonObject[]>;
  apply(
    path: string,
    body: object,
    options: { readonly force: boolean; readonly dryRun: boolean },
  ): Promise<JsonObject>;
  create(path: string, body: object, options?: { readonly dryRun?: boolean }): Promise<JsonObject>;
  replace(path: string, body: object): Promise<JsonObject>;
  merge(path: string, body: object): Promise<JsonObject>;
  /** False where it is not there. With a precondition, OR2505 where it is not met. */
  remove(path: string, preconditions?: { readonly resourceVersion: string }): Promise<boolean>;
  serverTime(): Promise<Date | undefined>;
}
