import type { IncomingMessage } from 'node:http';
import { OutriggerError } from '../../errors.ts';
import { isObject, type Json } from '../../model/json.ts';
import { type AskedLog, type LogTail, loggedContainer, mostLogBytes } from '../../model/log-tail.ts';
import type { Pod } from '../../model/pod.ts';
import type { KubeConnection } from './connection.ts';

const mostLines = 200;
/** Of lines that are longer than any should be: what is read of them before it is given up. */
const mostRead = 8 * 1024 * 1024;
const timeoutMs = 5000;

/**
 * The end of a container's log, with the rights of whose connection it is (`get` of pods and of pods/log).
 * Throws OR4033, OR4037 and OR4044; OR1630 when nobody answers.
 */
export async function readPodLog(connection: KubeConnection, asked: AskedLog): Promise<LogTail> {
  const path = `/api/v1/namespaces/${encodeURIComponent(asked.namespace)}/pods/${encodeURIComponent(asked.pod)}`;
  const place = `${asked.namespace}/${asked.pod}`;
  const { status, body } = await connection.json({ method: 'GET', path, timeoutMs });
  check(status, body, place);
  const found = loggedContainer(podOf(body, place), asked.container);
  if (found === undefined) throw new OutriggerError('OR4037', `container ${asked.container} of ${place}`);
  const query = { container: found.container, tailLines: String(mostLines) };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await connection.stream({ method: 'GET', path: `${path}/log`, query, accept: '*/*', signal });
    const text = await endOf(response);
    check(response.statusCode ?? 0, parsed(text), `${found.container} of ${place}`);
    return { ...found, text };
  } catch (error) {
    if (error instanceof OutriggerError) throw error;
    const why = signal.aborted ? 'no answer in time' : error instanceof Error ? error.message : String(error);
    throw new OutriggerError('OR1630', `GET ${path}/log: ${why}`, { cause: error });
  }
}

function podOf(body: Json, place: string): Pod {
  if (isObject(body) && isObject(body.metadata) && isObject(body.spec) && Array.isArray(body.spec.containers))
    return body as unknown as Pod;
  throw new OutriggerError('OR4044', `${place}: the API server answered with no Pod`);
}

function check(status: number, body: unknown, what: string): void {
  if (status === 200) return;
  const said = isObject(body) && typeof body.message === 'string' ? body.message : `the API server answered ${status}`;
  if (status === 401) throw new OutriggerError('OR4032', said);
  if (status === 403) throw new OutriggerError('OR4033', said);
  throw new OutriggerError(status === 404 ? 'OR4037' : 'OR4044', `${what}: ${said}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `limitBytes` of the API would keep the beginning of the lines, and the newest are wanted. */
async function endOf(response: IncomingMessage): Promise<string> {
  let end = Buffer.alloc(0);
  let read = 0;
  for await (const chunk of response) {
    read += chunk.length;
    end = Buffer.concat([end, chunk]);
    if (end.length > 2 * mostLogBytes) end = end.subarray(-mostLogBytes);
    if (read > mostRead) break;
  }
  return end.subarray(-mostLogBytes).toString('utf8');
}
