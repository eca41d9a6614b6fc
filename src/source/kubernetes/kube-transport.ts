import type { IncomingMessage } from 'node:http';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { type KubeConnection, retryAfter } from './connection.ts';
import { type ListWatchTransport, type Page, TransportFailure } from './list-watch.ts';
import type { FailureKind, WatchEvent } from './list-watch-state.ts';
import { splitLines } from './watch-lines.ts';

/** A kind of object of the API, and what is kept of each. */
export interface ResourceKind<T> {
  /** The collection: `/api/v1/nodes`. */
  readonly path: string;
  /** True: only metadata travels (PartialObjectMetadata). */
  readonly metadataOnly: boolean;
  /** `type=kubernetes.io/tls`: only those travel. */
  readonly fieldSelector?: string;
  /** `optional`: a kind that is there only with its CRD. */
  readonly presence?: 'always' | 'optional';
  /** Undefined when the object lacks what is needed: the answer is then garbage. */
  decode(object: JsonObject): T | undefined;
}

export interface KubeTransportOptions {
  /** Objects a page. */
  readonly pageSize: number;
  /** In [0, 1): spreads the ends of watches. */
  readonly random: () => number;
}

const partial = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;

/** List and watch of one kind over a connection. Every failure is a `TransportFailure`. */
export function createKubeTransport<T>(
  connection: KubeConnection,
  kind: ResourceKind<T>,
  options: KubeTransportOptions,
): ListWatchTransport<T> {
  return {
    reauthenticate: () => connection.reload(),
    list: async (continueToken, signal) => {
      const answer = await connection.json({
        method: 'GET',
        path: kind.path,
        query: {
          ...selection(kind),
          limit: String(options.pageSize),
          ...(continueToken === '' ? {} : { continue: continueToken }),
        },
        accept: kind.metadataOnly ? partial('PartialObjectMetadataList') : 'application/json',
        timeoutMs: 60_000,
        signal,
      });
      if (answer.status !== 200) throw refusal(kind, answer.status, answer.body, answer.retryAfterMs);
      return decodePage(answer.body, kind);
    },
    watch: async (resourceVersion, onEvent, signal) => {
      const response = await openWatch(connection, kind, { resourceVersion, random: options.random(), signal });
      for await (const line of splitLines(response)) onEvent(decodeEvent(line, kind));
    },
  };
}

async function openWatch<T>(
  connection: KubeConnection,
  kind: ResourceKind<T>,
  watch: { resourceVersion: string; random: number; signal: AbortSignal },
): Promise<IncomingMessage> {
  const response = await connection.stream({
    method: 'GET',
    path: kind.path,
    query: {
      ...selection(kind),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: watch.resourceVersion,
      // Five to ten minutes, as client-go asks for, so that the watches of replicas do not end together.
      timeoutSeconds: String(300 + Math.floor(watch.random * 300)),
    },
    accept: kind.metadataOnly ? partial('PartialObjectMetadata') : 'application/json',
    signal: watch.signal,
  });
  if (response.statusCode === 200) return response;
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body = (body + chunk).slice(0, 4096);
  throw refusal(kind, response.statusCode ?? 0, parseLine(body), retryAfter(response));
}

function selection<T>({ fieldSelector }: ResourceKind<T>): Record<string, string> {
  return fieldSelector === undefined ? {} : { fieldSelector };
}

function decodePage<T>(body: Json, kind: ResourceKind<T>): Page<T> {
  const metadata = isObject(body) ? body.metadata : undefined;
  if (!isObject(body) || !isObject(metadata) || !Array.isArray(body.items)) {
    throw garbage(`the list of ${kind.path} is not a list`);
  }
  return {
    items: body.items.map((item) => decodeItem(item, kind)),
    resourceVersion: text(metadata.resourceVersion),
    continueToken: text(metadata.continue),
  };
}

/** One line of a watch. https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks */
export function decodeEvent<T>(line: string, kind: ResourceKind<T>): WatchEvent<T> {
  const parsed = parseLine(line);
  if (!isObject(parsed) || !isObject(parsed.object)) throw garbage(`a line of the watch of ${kind.path} is no event`);
  const { type, object } = parsed;
  if (type === 'ERROR') {
    return { type, failure: statusFailure(Number(object.code ?? 0), object, undefined).failure };
  }
  const resourceVersion = text(isObject(object.metadata) ? object.metadata.resourceVersion : undefined);
  if (resourceVersion === '') throw garbage(`an event of ${kind.path} has no resourceVersion`);
  if (type === 'BOOKMARK') return { type, resourceVersion };
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
    throw garbage(`an event of ${kind.path} has the unknown type ${JSON.stringify(type)}`);
  }
  return { type, item: decodeItem(object, kind), resourceVersion };
}

function decodeItem<T>(value: Json, kind: ResourceKind<T>): T {
  const item = isObject(value) ? kind.decode(value) : undefined;
  if (item === undefined) throw garbage(`an object of ${kind.path} lacks its name`);
  return item;
}

function parseLine(line: string): Json {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function garbage(message: string): TransportFailure {
  return new TransportFailure({ kind: 'garbage', message });
}

function refusal<T>(kind: ResourceKind<T>, status: number, body: Json, retryAfterMs?: number): TransportFailure {
  if (status !== 404 || kind.presence !== 'optional') return statusFailure(status, body, retryAfterMs);
  return new TransportFailure({ kind: 'absent', message: `the API has no ${kind.path}` });
}

function statusFailure(status: number, body: Json, retryAfterMs: number | undefined): TransportFailure {
  const said = isObject(body) ? text(body.message) : '';
  const details = isObject(body) && isObject(body.details) ? Number(body.details.retryAfterSeconds ?? 0) : 0;
  return new TransportFailure({
    kind: failureKind(status),
    message: `${status}${said === '' ? '' : `: ${said}`}`,
    retryAfterMs: retryAfterMs ?? (details > 0 ? details * 1000 : undefined),
  });
}

function failureKind(status: number): FailureKind {
  if (status === 410) return 'gone';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 429) return 'throttled';
  return 'refused';
}
