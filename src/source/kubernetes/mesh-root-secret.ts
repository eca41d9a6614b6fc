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
  /** The first that is there is taken; the last one is that which is made. */
  readonly names: readonly string[];
}

/** Istio's name for what a user brings along; ours. */
export const meshRootSecretNames = ['cacerts', 'outrigger-mesh-root'] as const;

/**
 * The mesh root in a Secret, its keys those of Istio's `cacerts`, so that a user's own intermediate is taken by copying
 * that Secret. The `MeshRootStore` of the layer identity: creates, never replaces. A Secret that was taken once and is
 * gone is missing: who deletes it to make it anew does not want another root meanwhile.
 */
export class MeshRootSecret {
  readonly #options: MeshRootSecretOptions;
  #names: readonly string[];

  constructor(options: MeshRootSecretOptions) {
    this.#options = options;
    this.#names = options.names;
  }

  /** Undefined when there is no such Secret. Throws OR1630, OR1632, OR2201. */
  async load(): Promise<MeshRootTexts | undefined> {
    for (const name of this.#names) {
      const found = await this.#get(name);
      if (found === undefined) continue;
      this.#names = this.#names.slice(0, this.#names.indexOf(name) + 1);
      return found;
    }
    return undefined;
  }

  async #get(name: string): Promise<MeshRootTexts | undefined> {
    const { connection } = this.#options;
    const path = `${this.#collection}/${name}`;
    const answer = await connection.json({ method: 'GET', path });
    if (answer.status === 404) return undefined;
    if (answer.status === 401) connection.reload();
    if (answer.status !== 200) throw new OutriggerError('OR1632', `GET ${path} answered ${answer.status}`);
    return meshRootTexts(answer.body, `${this.#options.namespace}/${name}`);
  }

  /** Throws OR1630, OR1632, OR2206 (no right to create: the Secret has to be there before). */
  async save(root: MeshRootTexts): Promise<void> {
    const { connection, namespace, names } = this.#options;
    const name = names.at(-1) ?? '';
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace, labels: { app: 'outrigger' } },
      type: 'Opaque',
      data: meshRootData(root),
    };
    const answer = await connection.json({ method: 'POST', path: this.#collection, body });
    if (answer.status < 300 || answer.status === 409) return;
    if (answer.status === 403) throw new OutriggerError('OR2206', `Secret ${namespace}/${name} is not there`);
    throw new OutriggerError('OR1632', `POST ${this.#collection} answered ${answer.status}`);
  }

  get #collection(): string {
    return `/api/v1/namespaces/${this.#options.namespace}/secrets`;
  }
}

/** The content of a Secret in the form of Istio's `cacerts`. Throws OR2201, or `code`; `place` names it in messages. */
export function meshRootTexts(secret: Json, place: string, code: 'OR2201' | 'OR2242' = 'OR2201'): MeshRootTexts {
  const pem = (key: string): string => {
    const text = textOf(secret, key);
    if (!text.includes('-----BEGIN ')) throw new OutriggerError(code, `${place} has no PEM in ${key}`);
    return text;
  };
  const [certificatePem, privateKeyPem, rootsPem] = [pem('ca-cert.pem'), pem('ca-key.pem'), pem('root-cert.pem')];
  return { certificatePem, privateKeyPem, rootsPem, chainPem: textOf(secret, 'cert-chain.pem') };
}

/** `data` of such a Secret. */
export function meshRootData(root: MeshRootTexts): Record<string, string> {
  const files = {
    'ca-cert.pem': root.certificatePem,
    'ca-key.pem': root.privateKeyPem,
    'cert-chain.pem': root.chainPem === '' ? root.certificatePem : root.chainPem,
    'root-cert.pem': root.rootsPem,
  };
  return Object.fromEntries(Object.entries(files).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
}

function textOf(secret: Json, key: string): string {
  const data = isObject(secret) ? secret['data'] : undefined;
  const value = isObject(data) && Object.hasOwn(data, key) ? data[key] : undefined;
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
}
