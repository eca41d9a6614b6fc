import { OutriggerError } from '../../errors.ts';
import { isObject, type Json } from '../../model/json.ts';
import type { KubeConnection } from './connection.ts';

/** The shape of `MeshRoot` of the layer identity. */
export interface MeshRootTexts {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly chainPem: string;
  readonly rootsPem: string;
}

export interface MeshRootSecretOptions {
  readonly connection: KubeConnection;
  readonly namespace: string;
  /** `outrigger-mesh-root`. */
  readonly name: string;
}

/**
 * The mesh root in a Secret, its keys those of Istio's `cacerts`, so that a user's own intermediate is taken by copying
 * that Secret. The `MeshRootStore` of the layer identity: creates, never replaces.
 */
export class MeshRootSecret {
  readonly #options: MeshRootSecretOptions;

  constructor(options: MeshRootSecretOptions) {
    this.#options = options;
  }

  /** Undefined when there is no such Secret. Throws OR1630, OR1632, OR2201. */
  async load(): Promise<MeshRootTexts | undefined> {
    const { connection, name } = this.#options;
    const path = `${this.#collection}/${name}`;
    const answer = await connection.json({ method: 'GET', path });
    if (answer.status === 404) return undefined;
    if (answer.status === 401) connection.reload();
    if (answer.status !== 200) throw new OutriggerError('OR1632', `GET ${path} answered ${answer.status}`);
    const certificatePem = this.#text(answer.body, 'ca-cert.pem');
    const privateKeyPem = this.#text(answer.body, 'ca-key.pem');
    const rootsPem = this.#text(answer.body, 'root-cert.pem');
    return { certificatePem, privateKeyPem, rootsPem, chainPem: this.#optional(answer.body, 'cert-chain.pem') };
  }

  /** Throws OR1630, OR1632, OR2203 (no right to create: the Secret has to be there before). */
  async save(root: MeshRootTexts): Promise<void> {
    const { connection, namespace, name } = this.#options;
    const files = {
      'ca-cert.pem': root.certificatePem,
      'ca-key.pem': root.privateKeyPem,
      'cert-chain.pem': root.chainPem === '' ? root.certificatePem : root.chainPem,
      'root-cert.pem': root.rootsPem,
    };
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace, labels: { app: 'outrigger' } },
      type: 'Opaque',
      data: Object.fromEntries(Object.entries(files).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
    };
    const answer = await connection.json({ method: 'POST', path: this.#collection, body });
    if (answer.status < 300 || answer.status === 409) return;
    if (answer.status === 403) throw new OutriggerError('OR2203', `${namespace}/${name} may not be created`);
    throw new OutriggerError('OR1632', `POST ${this.#collection} answered ${answer.status}`);
  }

  get #collection(): string {
    return `/api/v1/namespaces/${this.#options.namespace}/secrets`;
  }

  #optional(secret: Json, key: string): string {
    const data = isObject(secret) ? secret['data'] : undefined;
    const value = isObject(data) && Object.hasOwn(data, key) ? data[key] : undefined;
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
  }

  #text(secret: Json, key: string): string {
    const text = this.#optional(secret, key);
    const { namespace, name } = this.#options;
    if (!text.includes('-----BEGIN ')) throw new OutriggerError('OR2201', `${namespace}/${name} has no PEM in ${key}`);
    return text;
  }
}
