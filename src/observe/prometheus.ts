import { OutriggerError } from '../errors.ts';
import { isObject } from '../model/json.ts';

/** One element of an instant vector. */
export interface Measured {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** The body of an answer with status 200 or an error of the query. Rejects when there is none. */
export type FetchText = (url: string, signal: AbortSignal) => Promise<string>;

/**
 * An instant query. Rejects with OR4031 for whatever is no vector.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export async function queryPrometheus(
  fetchText: FetchText,
  base: string,
  query: string,
  signal: AbortSignal,
): Promise<Measured[]> {
  const url = `${base.replace(/\/+$/, '')}/api/v1/query?query=${encodeURIComponent(query)}`;
  try {
    return readVector(await fetchText(url, signal));
  } catch (cause) {
    if (cause instanceof OutriggerError) throw cause;
    const why = signal.aborted ? 'no answer in time' : cause instanceof Error ? cause.message : String(cause);
    throw new OutriggerError('OR4031', `${base}: ${why}`, { cause });
  }
}

function readVector(text: string): Measured[] {
  const body = parse(text);
  if (!isObject(body) || body['status'] !== 'success') {
    const said =
      isObject(body) && typeof body['error'] === 'string' ? body['error'] : 'the answer is none of Prometheus';
    throw new OutriggerError('OR4031', said);
  }
  const { data } = body;
  if (!isObject(data) || data['resultType'] !== 'vector' || !Array.isArray(data['result']))
    throw new OutriggerError('OR4031', 'the answer holds no vector');
  return data['result'].flatMap((element) => readElement(element));
}

function readElement(element: unknown): Measured[] {
  if (!isObject(element) || !isObject(element['metric']) || !Array.isArray(element['value'])) return [];
  const value = Number(element['value'][1]);
  if (!Number.isFinite(value)) return [];
  const labels = new Map<string, string>();
  for (const [name, text] of Object.entries(element['metric'])) if (typeof text === 'string') labels.set(name, text);
  return [{ labels, value }];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
