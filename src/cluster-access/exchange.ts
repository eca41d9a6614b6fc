import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { catalogue, type ErrorCode, OutriggerError } from '../errors.ts';

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

/** The question itself is refused (4xx) with an error of the dashboard (OR40xx), so that every replica would refuse it. */
export class Refusal extends Error {
  readonly error: OutriggerError;

  constructor(message: string, error: OutriggerError) {
    super(message);
    this.error = error;
  }
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

async function exchangeOnce(to: Destination, asked: Exchange, signal: AbortSignal): Promise<string> {
  const { response, end } = await begin(to, asked, signal);
  try {
    const body = await readBody(response, asked.mostBytes ?? mostBytes);
    if (response.statusCode === 200) return body;
    throw unexpected(asked.path, response.statusCode ?? 0, body);
  } finally {
    end();
  }
}

/** An answer that goes on until `signal` or the other side ends it. Rejects as `exchange` does. */
export async function follow(to: Destination, path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
  const { response, end } = await begin(to, { method: 'GET', path }, signal);
  response.once('close', end);
  if (response.statusCode === 200) return response;
  const body = await readBody(response, mostBytes).finally(end);
  throw unexpected(path.replace(/[?].*/, ''), response.statusCode ?? 0, body);
}

interface Begun {
  readonly response: IncomingMessage;
  readonly end: () => void;
}

async function begin(to: Destination, { method, path }: Exchange, signal: AbortSignal): Promise<Begun> {
  const way = to.kind === 'forwarded' ? await within(to.open(), signal) : undefined;
  // What ended before anybody listened would never tell.
  if (way?.destroyed === true) throw way.errored ?? new Error('it was closed at once');
  const stop = (): void => void way?.destroy();
  const end = () => {
    signal.removeEventListener('abort', stop);
    stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const options = optionsOf(to, way);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const { send, url } = options;
      const outgoing = send(url, { ...options.more, method, path, signal, headers: { host: 'localhost' } }, resolve);
      outgoing.once('error', reject);
      outgoing.end();
    });
    return { response, end };
  } catch (error) {
    end();
    throw error;
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

function unexpected(path: string, status: number, body: string): Error {
  const coded = codedError(body);
  const message = `${path} answers ${status}: ${coded?.message ?? body.slice(0, 200).trim()}`;
  const isRefused = status >= 400 && status < 500 && coded?.code.startsWith('OR40') === true;
  return isRefused && coded !== undefined ? new Refusal(message, coded) : new Error(message);
}

/** A coded error of ours as it was answered; undefined for any other text. */
function codedError(body: string): OutriggerError | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    const { code, message } = error ?? {};
    if (typeof code === 'string' && Object.hasOwn(catalogue, code) && typeof message === 'string')
      return new OutriggerError(code as ErrorCode, message);
  } catch {
    // It is a text.
  }
  return undefined;
}
