import { OutriggerError } from '../../errors.ts';
import { isObject, type Json } from '../../model/json.ts';
import type { KubeAnswer, KubeConnection } from './connection.ts';

const label = 'outrigger.io/learnt-scopes';
const key = 'scopes.json';
const namePrefix = 'outrigger-learnt-';
/** Each may have a megabyte. */
const pageSize = 20;
const mostPages = 1_000;

interface StoredText {
  readonly text: string;
  readonly version: string;
}

export interface LearntScopeMapsOptions {
  readonly connection: KubeConnection;
  /** Where the control plane runs. */
  readonly namespace: string;
}

/**
 * What workloads use, in a ConfigMap `outrigger-learnt-<namespace>` for each namespace, beside the control plane: the
 * `ScopeStore` of the layer learning. Every replica reads and writes them, under the version that it has read.
 */
export class LearntScopeMaps {
  readonly #options: LearntScopeMapsOptions;

  constructor(options: LearntScopeMapsOptions) {
    this.#options = options;
  }

  /** Throws OR1630, OR2480. */
  async read(): Promise<ReadonlyMap<string, StoredText>> {
    const found = new Map<string, StoredText>();
    let token = '';
    for (let page = 0; page < mostPages; page++) {
      const { items, next } = await this.#page(token);
      for (const item of items) {
        const read = readMap(item);
        if (read !== undefined) found.set(...read);
      }
      token = next;
      if (token === '') return found;
    }
    return found;
  }

  async #page(token: string): Promise<{ readonly items: readonly Json[]; readonly next: string }> {
    const from: Record<string, string> = token === '' ? {} : { continue: token };
    const query = { labelSelector: `${label}=true`, limit: String(pageSize), ...from };
    const answer = await this.#options.connection.json({ method: 'GET', path: this.#collection, query });
    if (answer.status !== 200 || !isObject(answer.body)) throw this.#failure('GET', answer);
    const { items, metadata } = answer.body;
    const next = isObject(metadata) ? metadata['continue'] : '';
    return { items: Array.isArray(items) ? items : [], next: typeof next === 'string' ? next : '' };
  }

  /** False: another replica was faster. Throws OR1630, OR2480. */
  async write(namespace: string, text: string, before: StoredText | undefined): Promise<boolean> {
    const { connection, namespace: own } = this.#options;
    const name = `${namePrefix}${namespace}`;
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace: own,
        labels: { app: 'outrigger', [label]: 'true' },
        ...(before === undefined ? {} : { resourceVersion: before.version }),
      },
      data: { [key]: text },
    };
    const call =
      before === undefined
        ? ({ method: 'POST', path: this.#collection, body } as const)
        : ({ method: 'PUT', path: `${this.#collection}/${name}`, body } as const);
    const answer = await connection.json(call);
    if (answer.status < 300) return true;
    if (answer.status === 409 || answer.status === 404) return false;
    throw this.#failure(call.method, answer);
  }

  get #collection(): string {
    return `/api/v1/namespaces/${this.#options.namespace}/configmaps`;
  }

  #failure(method: string, { status }: KubeAnswer): OutriggerError {
    if (status === 401) this.#options.connection.reload();
    return new OutriggerError('OR2480', `${method} ${this.#collection} answered ${status}`);
  }
}

function readMap(item: Json): [string, StoredText] | undefined {
  if (!isObject(item) || !isObject(item['metadata']) || !isObject(item['data'])) return undefined;
  const { name, resourceVersion } = item['metadata'];
  const text = item['data'][key];
  if (typeof name !== 'string' || !name.startsWith(namePrefix)) return undefined;
  if (typeof resourceVersion !== 'string' || typeof text !== 'string') return undefined;
  return [name.slice(namePrefix.length), { text, version: resourceVersion }];
}
