import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { KubeConnection, KubeRequest } from './connection.ts';
import { type MeshRootTexts, meshRootData, meshRootSecretNames, meshRootTexts } from './mesh-root-secret.ts';

export interface RotationSecretsOptions {
  /** With the rights of the operator: the control plane itself cannot write them. */
  readonly connection: KubeConnection;
  /** Of the control plane. */
  readonly namespace: string;
}

/** Holds what the root is to be in the end. */
export const nextSecretName = 'outrigger-mesh-root-next';

/** The shape of `StoredRoots` of the layer identity. */
export interface StoredRootTexts {
  readonly current: MeshRootTexts;
  readonly next: MeshRootTexts | undefined;
  readonly revision: string;
}

/**
 * The mesh root in its Secret (`cacerts` before ours) and what is to be in one beside it: the `RotationStore` of the layer
 * identity. Each write names the version that was read, so the API server refuses one that comes too late.
 */
export class RotationSecrets {
  readonly place: string;
  readonly nextPlace: string;
  readonly #options: RotationSecretsOptions;

  constructor(options: RotationSecretsOptions) {
    this.#options = options;
    this.place = `Secret ${meshRootSecretNames.map((name) => `${options.namespace}/${name}`).join(' or ')}`;
    this.nextPlace = `Secret ${options.namespace}/${nextSecretName}`;
  }

  /** Throws OR1630, OR1632, OR2201, OR2206, OR2242. */
  async read(): Promise<StoredRootTexts> {
    const [current, next] = await Promise.all([this.#current(), this.#get(nextSecretName)]);
    return {
      current: meshRootTexts(current, this.place),
      next: next === undefined ? undefined : meshRootTexts(next, this.nextPlace, 'OR2242'),
      revision: `${versionOf(current)} ${versionOf(next ?? {})}`,
    };
  }

  async prepare(next: MeshRootTexts): Promise<void> {
    const { namespace } = this.#options;
    const metadata = { name: nextSecretName, namespace, labels: { app: 'outrigger' } };
    const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: meshRootData(next) };
    // 409: another operator was faster, and its root is the one to come.
    await this.#call({ method: 'POST', path: this.#collection, body }, [409]);
  }

  async replace(root: MeshRootTexts, { revision }: StoredRootTexts): Promise<boolean> {
    const [current, next] = await Promise.all([this.#current(), this.#get(nextSecretName)]);
    if (`${versionOf(current)} ${versionOf(next ?? {})}` !== revision) return false;
    const data = { ...(isObject(current['data']) ? current['data'] : {}), ...meshRootData(root) };
    const call = { method: 'PUT', path: this.#path(nameOf(current)), body: { ...current, data } } as const;
    return (await this.#call(call, [409, 404])).status < 300;
  }

  async finish({ revision }: StoredRootTexts): Promise<boolean> {
    const resourceVersion = revision.split(' ')[1];
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion } };
    return (await this.#call({ method: 'DELETE', path: this.#path(nextSecretName), body }, [409, 404])).status < 300;
  }

  async #current(): Promise<JsonObject> {
    for (const name of meshRootSecretNames) {
      const found = await this.#get(name);
      if (found !== undefined) return found;
    }
    throw new OutriggerError('OR2206', `${this.place} is not there`);
  }

  async #get(name: string): Promise<JsonObject | undefined> {
    const { status, body } = await this.#call({ method: 'GET', path: this.#path(name) }, [404]);
    return status === 404 || !isObject(body) ? undefined : body;
  }

  async #call(
    call: KubeRequest,
    expected: readonly number[],
  ): Promise<{ readonly status: number; readonly body: Json }> {
    const answer = await this.#options.connection.json(call);
    if (answer.status < 300 || expected.includes(answer.status)) return answer;
    throw new OutriggerError('OR1632', `${call.method} ${call.path} answered ${answer.status}`);
  }

  get #collection(): string {
    return `/api/v1/namespaces/${this.#options.namespace}/secrets`;
  }

  #path(name: string): string {
    return `${this.#collection}/${name}`;
  }
}

function metadataOf(secret: JsonObject): JsonObject {
  return isObject(secret['metadata']) ? secret['metadata'] : {};
}

function versionOf(secret: JsonObject): string {
  return String(metadataOf(secret)['resourceVersion'] ?? '');
}

function nameOf(secret: JsonObject): string {
  return String(metadataOf(secret)['name'] ?? '');
}
