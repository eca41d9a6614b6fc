import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { OutriggerError } from '../../errors.ts';
import type { Json } from '../../model/json.ts';
import type { Credentials } from './credentials.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** From the root: `/api/v1/namespaces`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly body?: unknown;
  /** `application/json` where there is a body and nothing else is said. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole answer of `json`; 10 s by default. */
  readonly timeoutMs?: number;
}

export interface KubeAnswer {
  readonly status: number;
  /** From Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Null where the body is no JSON. */
  readonly body: Json;
}

/** Calls of one API server with the credentials of one user. */
export interface KubeConnection {
  /** URL of the API server; '' before the first call. */
  readonly server: string;
  /** The whole answer. Rejects with OR1630 when there is none. */
  json(call: KubeRequest): Promise<KubeAnswer>;
  /** The answer as it arrives; its status is for the caller to look at. */
  stream(call: KubeRequest): Promise<IncomingMessage>;
  /** Reads the credentials again before the next call. */
  reload(): void;
}

/** Opens nothing: the first call reads the credentials and connects. */
export function createConnection(credentials: Credentials): KubeConnection {
  let server = '';
  const stream = async (call: KubeRequest): Promise<IncomingMessage> => {
    const target = await credentials.target();
    server = target.server;
    return send(target.server, target.options, call);
  };
  return {
    get server() {
      return server;
    },
    stream,
    json: async (call) => {
      const limit = AbortSignal.timeout(call.timeoutMs ?? 10_000);
      const signal = call.signal === undefined ? limit : AbortSignal.any([limit, call.signal]);
      try {
        const response = await stream({ ...call, signal });
        const text = await readAll(response);
        return { status: response.statusCode ?? 0, retryAfterMs: retryAfter(response), body: parse(text) };
      } catch (error) {
        if (error instanceof OutriggerError) throw error;
        const why = limit.aborted ? 'no answer in time' : messageOf(error);
        throw new OutriggerError('OR1630', `${call.method} ${server}${call.path}: ${why}`, { cause: error });
      }
    },
    reload: () => credentials.reload(),
  };
}

function send(server: string, options: RequestOptions, call: KubeRequest): Promise<IncomingMessage> {
  const url = new URL(`${server.replace(/\/$/, '')}${call.path}`);
  for (const [key, value] of Object.entries(call.query ?? {})) url.searchParams.set(key, value);
  const text = call.body === undefined ? undefined : JSON.stringify(call.body);
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      ...options,
      method: call.method,
      signal: call.signal,
      headers: {
        ...options.headers,
        accept: call.accept ?? 'application/json',
        'user-agent': 'outrigger',
        ...(text === undefined
          ? {}
          : { 'content-type': call.contentType ?? 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    });
    // A peer that vanished without a word is noticed by the kernel, too (the list-watch has its own idle limit).
    outgoing.once('socket', (socket) => socket.setKeepAlive(true, 30_000));
    outgoing.once('error', reject);
    outgoing.once('response', resolve);
    outgoing.end(text);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Seconds, the only form that API servers use; an HTTP date counts as absent. */
export function retryAfter(response: IncomingMessage): number | undefined {
  const value = Number(response.headers['retry-after']);
  return Number.isFinite(value) && value > 0 ? value * 1000 : undefined;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
