import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { KubeAnswer, KubeConnection } from './connection.ts';

export interface ApplyOptions {
  /** Takes fields over that another manager has. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

const manager = 'outrigger';
const pageSize = '500';

/** Objects of a cluster by their paths, with the rights of a person: what `install`, `uninstall` and `check` call. */
export class ClusterObjects {
  readonly #connection: KubeConnection;

  constructor(connection: KubeConnection) {
    this.#connection = connection;
  }

  /** Undefined where it is not there, or where the API has no such kind. Throws OR1630, OR2503, OR2513. */
  async get(path: string): Promise<JsonObject | undefined> {
    const answer = await this.#connection.json({ method: 'GET', path });
    if (answer.status === 404) return undefined;
    return objectOf(`GET ${path}`, answer);
  }

  /** All of a collection, in pages; none where the API has no such kind. Throws OR1630, OR2503, OR2513. */
  async list(path: string, query: Readonly<Record<string, string>> = {}): Promise<JsonObject[]> {
    const found: JsonObject[] = [];
    let token = '';
    do {
      const page = { ...query, limit: pageSize, ...(token === '' ? {} : { continue: token }) };
      const answer = await this.#connection.json({ method: 'GET', path, query: page, timeoutMs: 30_000 });
      if (answer.status === 404 || answer.status === 405) return found;
      const { items, metadata } = objectOf(`GET ${path}`, answer);
      if (Array.isArray(items)) found.push(...items.filter(isObject));
      token = isObject(metadata) && typeof metadata['continue'] === 'string' ? metadata['continue'] : '';
    } while (token !== '');
    return found;
  }

  /** Server-side apply. Throws OR1630, OR2503, OR2505 (fields of others), OR2513. */
  async apply(path: string, body: object, { force, dryRun }: ApplyOptions): Promise<JsonObject> {
    const query = { fieldManager: manager, force: String(force), ...(dryRun ? { dryRun: 'All' } : {}) };
    const contentType = 'application/apply-patch+yaml';
    const answer = await this.#connection.json({ method: 'PATCH', path, query, body, contentType, timeoutMs: 30_000 });
    return objectOf(`apply ${path}`, answer);
  }

  /** Throws OR1630, OR2503, OR2505 (it is there), OR2513. */
  async create(path: string, body: object, options: { readonly dryRun?: boolean } = {}): Promise<JsonObject> {
    const query = { fieldManager: manager, ...(options.dryRun === true ? { dryRun: 'All' } : {}) };
    const answer = await this.#connection.json({ method: 'POST', path, query, body, timeoutMs: 30_000 });
    return objectOf(`POST ${path}`, answer);
  }

  /** Under the version that `body` carries. Throws OR1630, OR2503, OR2505 (another was faster), OR2513. */
  async replace(path: string, body: object): Promise<JsonObject> {
    return objectOf(`PUT ${path}`, await this.#connection.json({ method: 'PUT', path, body }));
  }

  /** Throws OR1630, OR2503, OR2513. */
  async merge(path: string, body: object): Promise<JsonObject> {
    const contentType = 'application/merge-patch+json';
    return objectOf(`PATCH ${path}`, await this.#connection.json({ method: 'PATCH', path, body, contentType }));
  }

  /** False where it was not there. Throws OR1630, OR2503, OR2513. */
  async remove(
    path: string,
    preconditions?: { readonly resourceVersion?: string; readonly uid?: string },
  ): Promise<boolean> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background', preconditions };
    const answer = await this.#connection.json({ method: 'DELETE', path, body });
    if (answer.status === 404) return false;
    objectOf(`DELETE ${path}`, answer);
    return true;
  }

  /** What the API server takes as the time. Undefined where it does not say. Throws OR1630, OR1631. */
  async serverTime(): Promise<Date | undefined> {
    try {
      const response = await this.#connection.stream({ method: 'GET', path: '/version' });
      response.resume();
      const time = new Date(response.headers.date ?? '');
      return Number.isNaN(time.getTime()) ? undefined : time;
    } catch (cause) {
      if (cause instanceof OutriggerError) throw cause;
      const why = cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : String(cause);
      throw new OutriggerError('OR1630', `${this.#connection.server}: ${why}`, { cause });
    }
  }
}

function objectOf(what: string, { status, body }: KubeAnswer): JsonObject {
  if (status < 300 && isObject(body)) return body;
  const said = `${what}: ${messageOf(body) ?? `status ${status}`}`;
  if (status === 401) throw new OutriggerError('OR2503', `${said}: who you are is not known to the API server`);
  if (status === 403 && !/denied the request|violates|admission/i.test(said)) throw new OutriggerError('OR2503', said);
  if (status === 409) throw new OutriggerError('OR2505', said);
  throw new OutriggerError('OR2513', said);
}

function messageOf(body: Json): string | undefined {
  return isObject(body) && typeof body['message'] === 'string' ? body['message'] : undefined;
}
