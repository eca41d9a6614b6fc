import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asOutriggerError, describeError, OutriggerError } from '../errors.ts';

/** `{"error": {code, title, message, remedy}}`, as every refusal of an HTTP request looks. */
export function encodeError(error: OutriggerError): string {
  return JSON.stringify({ error: describeError(error) });
}

export function codedErrorHandler(onFault: (error: unknown) => void) {
  return (thrown: unknown, _request: FastifyRequest, reply: FastifyReply): void => {
    const error = inOurWords(thrown);
    if (error.code === 'OR1901') onFault(thrown);
    sendError(reply, error);
  };
}

/** Errors of Fastify carry the status that they mean. */
function inOurWords(thrown: unknown): OutriggerError {
  if (thrown instanceof OutriggerError || !(thrown instanceof Error)) return asOutriggerError(thrown);
  const status = 'statusCode' in thrown ? Number(thrown.statusCode) : 500;
  const details = { cause: thrown };
  if (status === 413) return new OutriggerError('OR1106', 'it exceeds the limit', details);
  if (status === 415) return new OutriggerError('OR1101', 'this path does not take it', details);
  if (status >= 400 && status < 500) return new OutriggerError('OR1115', 'it cannot be read', details);
  return asOutriggerError(thrown);
}

function sendError(reply: FastifyReply, error: OutriggerError): void {
  reply.code(error.entry.status).header('content-type', 'application/json').send(encodeError(error));
}

/** Which methods each path has, for 405 answers. Patterns are exact, have parts `:name` or end in `/*`. */
export class RouteTable {
  readonly #methods = new Map<string, Set<string>>();

  add(pattern: string, method: string | readonly string[]): void {
    const known = this.#methods.get(pattern) ?? new Set();
    for (const name of [method].flat()) known.add(name);
    this.#methods.set(pattern, known);
  }

  methodsOf(path: string): readonly string[] {
    const found = [...this.#methods]
      .filter(([pattern]) => matches(pattern, path))
      .flatMap(([, methods]) => [...methods]);
    return [...new Set(found)].sort();
  }
}

function matches(pattern: string, path: string): boolean {
  if (pattern.endsWith('/*')) return path.startsWith(pattern.slice(0, -1));
  if (!pattern.includes('/:')) return pattern === path;
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return wanted.length === given.length && wanted.every((part, at) => part.startsWith(':') || part === given[at]);
}

/** `unknown`: the error of a path that this server does not have. */
export function notFoundHandler(routes: RouteTable, unknown: 'OR1107' | 'OR1116') {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = routes.methodsOf(path);
    if (methods.length === 0) {
      sendError(reply, new OutriggerError(unknown, JSON.stringify(path.slice(0, 128))));
      return;
    }
    reply.header('allow', methods.join(', '));
    sendError(reply, new OutriggerError('OR1108', `${path.slice(0, 128)} takes ${methods.join(', ')}`));
  };
}

/** A connection that Node's HTTP parser gave up on: too slow, or no HTTP. There is no request to answer yet. */
export function answerBrokenConnection(error: Error & { code?: string }, socket: Socket): void {
  // Before the end of the handshake nothing can be answered, and nothing would ever be flushed.
  const unencrypted = /^ERR_(TLS|SSL)_/.test(error.code ?? '');
  if (unencrypted || error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const coded = brokenConnectionError(error);
  const body = encodeError(coded);
  const lines = [
    `HTTP/1.1 ${coded.entry.status} ${coded.entry.title}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

function brokenConnectionError(error: Error & { code?: string }): OutriggerError {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new OutriggerError('OR1109', 'the time for it is over');
  if (error.code === 'HPE_HEADER_OVERFLOW') return new OutriggerError('OR1115', 'its headers are too large');
  return new OutriggerError('OR1115', 'it cannot be parsed');
}
