import { OutriggerError } from '../../errors.ts';
import { isObject, type Json } from '../../model/json.ts';
import type { KubeConnection } from './connection.ts';

/** The shape of `Root` of the layer identity. */
export interface RootPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface SecretRootStoreOptions {
  readonly connection: KubeConnection;
  readonly namespace: string;
  /** Of the Secret; its keys are `ca.crt` and `ca.key`. */
  readonly name: string;
}

/**
 * The webhook's root in a Secret: the `RootStore` of the layer identity. Creates, never replaces: of two writers
 * the API server takes the first, and the `load` that follows gives both the same root.
 */
export class SecretRootStore {
  readonly #options: SecretRootStoreOptions;

  constructor(options: SecretRootStoreOptions) {
    this.#options = options;
  }

  /** Undefined when there is no such Secret. Throws OR1630, OR1632, OR1633. */
  async load(): Promise<RootPair | undefined> {
    const { connection, name } = this.#options;
    const path = `${this.#collection}/${name}`;
    const answer = await connection.json({ method: 'GET', path });
    if (answer.status === 404) return undefined;
    if (answer.status === 401) connection.reload();
    if (answer.status !== 200) throw new OutriggerError('OR1632', `GET ${path} answered ${answer.status}`);
    const certificatePem = this.#decode(answer.body, 'ca.crt');
    return { certificatePem, privateKeyPem: this.#decode(answer.body, 'ca.key') };
  }

  /** Throws OR1630, OR1634 (no right to create: the Secret has to be there before), OR1632. */
  async save(root: RootPair): Promise<void> {
    const { connection, namespace, name } = this.#options;
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace, labels: { app: 'outrigger' } },
      type: 'Opaque',
      data: rootData(root),
    };
    const answer = await connection.json({ method: 'POST', path: this.#collection, body });
    if (answer.status < 300 || answer.status === 409) return;
    if (answer.status === 403) throw new OutriggerError('OR1634', `${namespace}/${name} is not there`);
    throw new OutriggerError('OR1632', `POST ${this.#collection} answered ${answer.status}`);
  }

  get #collection(): string {
    return `/api/v1/namespaces/${this.#options.namespace}/secrets`;
  }

  #decode(secret: Json, key: string): string {
    const { namespace, name } = this.#options;
    const data = isObject(secret) ? secret.data : undefined;
    const value = isObject(data) && Object.hasOwn(data, key) ? data[key] : undefined;
    const text = typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
    if (!text.includes('-----BEGIN ')) throw new OutriggerError('OR1633', `${namespace}/${name} has no PEM in ${key}`);
    return text;
  }
}

/** The `data` of the Secret. */
export function rootData(root: RootPair): Record<string, string> {
  return { 'ca.crt': base64(root.certificatePem), 'ca.key': base64(root.privateKeyPem) };
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
