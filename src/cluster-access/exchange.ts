import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** Where an answer comes from: a way that was opened for it, or an address. */
export type Destination =
  | { readonly kind: 'forwarded'; readonly tls: boolean; readonly open: () => Promise<Duplex> }
  | { readonly kind: 'address'; readonly url: URL; readonly caPem?: string };

export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Milliseconds for all of it. */
  readonly timeoutMs?: number;
  /** Bytes of the answer; more of it is an error. */
  readonly mostBytes?: number;
}

/** A config dump of a proxy with 5,000 services in advance has some 60 MB. */
const mostBytes = 96 * 1024 * 1024;

/** One request on its own connection. Rejects with what is wrong in words, also when the status is not 200. */
export async function exchange(to: Destination, asked: Exchange): Promise<string> {
  const signal = AbortSignal.timeout(asked.timeoutMs ?? 30_000);
  try {
    return await exchangeOnce(to, asked, signal);
  } catch (error) {
    if (signal.aborted)
      throw new Error(`${asked.path}: no whole answer within ${(asked.timeoutMs ?? 30_000) / 1000} s`);
    throw error;
  }
}

async function exchangeOnce(
  to: Destination,
  { method, path, ...limits }: Exchange,
  signal: AbortSignal,
): Promise<string> {
  const way = to.kind === 'forwarded' ? await within(to.open(), signal) : undefined;
  // What ended before anybody listened would never tell.
  if (way?.destroyed === true) throw way.errored ?? new Error('it was closed at once');
  const stop = (): void => void way?.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const options = optionsOf(to, way);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const { send, url } = options;
      const outgoing = send(url, { ...options.more, method, path, signal, headers: { host: 'localhost' } }, resolve);
      outgoing.once('error', reject);
      outgoing.end();
    });
    const body = await readBody(response, limits.mostBytes ?? mostBytes);
    if (response.statusCode === 200) return body;
    throw new Error(`${path} answers ${response.statusCode}: ${messageOf(body)}`);
  } finally {
    signal.removeEventListener('abort', stop);
    way?.destroy();
  }
}

/** A way that opens too late is closed. */
function within(opening: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('it does not open')), { once: true });
    opening.then((way) => {
      if (signal.aborted) way.destroy();
      else resolve(way);
    }, reject);
  });
}

/**
 * Behind a forwarded port is the pod that the API server chose, by way of its kubelet: there is no name that its
 * certificate could be held against.
 */
function optionsOf(to: Destination, way: Duplex | undefined) {
  if (to.kind === 'forwarded') {
    if (way === undefined) throw new Error('the way is not open');
    const open = (): Duplex => (to.tls ? connectTls({ socket: way, rejectUnauthorized: false }) : way);
    // Without an agent: one that is given would make a connection of its own.
    const more = { createConnection: open } as unknown as RequestOptions;
    return { send: requestHttp, url: new URL('http://localhost/'), more };
  }
  const send = to.url.protocol === 'https:' ? requestHttps : requestHttp;
  return {
    send,
    url: to.url,
    more: { agent: false, ...(to.caPem === undefined ? {} : { ca: to.caPem }) } as RequestOptions,
  };
}

async function readBody(response: IncomingMessage, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > most) throw new Error(`the answer has more than ${Math.round(most / 1024 / 1024)} MB`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The message of a coded error of ours; else the beginning of the text. */
function messageOf(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.message === 'string') return `${String(error.code)} ${error.message}`;
  } catch {
    // It is a text.
  }
  return body.slice(0, 200).trim();
}
