import { OutriggerError } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import type { KubeConnection } from '../source/kubernetes/connection.ts';

const page = '500';

/** Every object of a list, by pages; undefined: the API has no such list. Throws OR1630, OR2538. */
export async function listAll(
  connection: KubeConnection,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<JsonObject[] | undefined> {
  const found: JsonObject[] = [];
  let next = '';
  do {
    const more: Record<string, string> = next === '' ? {} : { continue: next };
    const { status, body } = await connection.json({
      ...{ method: 'GET', path, query: { ...query, limit: page, ...more }, timeoutMs: 30_000 },
    });
    if (status === 404) return undefined;
    const list = status === 200 && isObject(body) ? body : {};
    const { items, metadata } = list;
    if (!Array.isArray(items)) throw new OutriggerError('OR2538', `GET ${path} answered ${status}${sentenceOf(body)}`);
    found.push(...items.filter(isObject));
    next = isObject(metadata) && typeof metadata.continue === 'string' ? metadata.continue : '';
  } while (next !== '');
  return found;
}

function sentenceOf(body: Json): string {
  return isObject(body) && typeof body.message === 'string' ? `: ${body.message}` : '';
}
