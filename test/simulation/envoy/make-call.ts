import { request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientHello, Request } from '../simulator/call.ts';
import type { Errand, Observation, Pair, Witness } from './observation.ts';

const patienceMs = 5_000;

/** Makes a call and tells what came of it. */
export async function makeCall({ call, from }: Errand, identities: Record<string, Pair>): Promise<Observation> {
  const { address, port } = call.destination;
  const socket = connect({ host: address, port, noDelay: true, ...(from === undefined ? {} : { localAddress: from }) });
  const late = new Promise<Observation>((resolve) => {
    setTimeout(() => resolve({ kind: 'silent', why: `nothing in ${patienceMs} ms` }), patienceMs).unref();
  });
  socket.on('error', () => undefined);
  try {
    return await Promise.race([late, converse(socket, call.tls, call.request, identities)]);
  } catch (error) {
    return { kind: 'closed', why: String(error) };
  } finally {
    socket.destroy();
  }
}

async function converse(
  socket: Socket,
  tls: ClientHello | undefined,
  request: Request | 'bytes',
  identities: Record<string, Pair>,
): Promise<Observation> {
  await once(socket, 'connect');
  const stream = tls === undefined ? socket : await secured(socket, tls, identities);
  if (request === 'bytes') return exchange(stream);
  if (request.version === 'http/1.1') return askHttp(stream, request);
  return askHttp2(stream, { ...request, scheme: request.scheme ?? (tls === undefined ? 'http' : 'https') });
}

function once(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
}

async function secured(socket: Socket, { sni, alpn, peer }: ClientHello, identities: Record<string, Pair>) {
  const pair = peer === undefined ? undefined : identities[peer];
  const stream = connectTls({
    socket,
    rejectUnauthorized: false,
    ...(sni === '' ? {} : { servername: sni }),
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
    ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
  });
  stream.on('error', () => undefined);
  await once(stream, 'secureConnect');
  return stream;
}

function exchange(stream: Socket): Promise<Observation> {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (chunk) => {
      text += String(chunk);
      // Envoy ends such a connection a second later.
      if (text.startsWith('HTTP/1.1 400')) resolve(told(text));
    });
    stream.on('error', reject);
    stream.on('close', () => resolve(told(text)));
    stream.on('end', () => resolve(told(text)));
    stream.write('HELLO\n');
  });
}

function told(text: string): Observation {
  const by = witnessIn(text);
  return by === undefined
    ? { kind: 'closed', why: text.slice(0, 80) }
    : { kind: 'served', status: 200, by, headers: {} };
}

function witnessIn(text: string): Witness | undefined {
  if (!text.startsWith('{"at":')) return undefined;
  const found: Witness = JSON.parse(text);
  return found;
}

function heard(status: number, headers: Record<string, string>, body: string): Observation {
  const by = witnessIn(body);
  if (by !== undefined) return { kind: 'served', status, by, headers };
  return { kind: 'answered', status, location: headers['location'], body };
}

function texts(headers: NodeJS.Dict<string | string[] | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function askHttp(stream: Socket, { method, path, authority, headers }: Request): Promise<Observation> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      {
        createConnection: () => stream,
        method,
        path,
        setHost: false,
        headers: [['host', authority], ['connection', 'close'], ...headers].flat(),
      },
      (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += String(chunk);
        });
        response.on('end', () => resolve(heard(response.statusCode ?? 0, texts(response.headers), body)));
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

function askHttp2(
  stream: Socket,
  { method, path, authority, headers, scheme = 'http' }: Request,
): Promise<Observation> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${authority}`, { createConnection: () => stream });
    session.on('error', reject);
    session.on('close', () => reject(new Error('closed')));
    const pseudo = { ':method': method, ':path': path, ':authority': authority, ':scheme': scheme };
    const asked = session.request({ ...pseudo, ...Object.fromEntries(headers) });
    let status = 0;
    let got: Record<string, string> = {};
    let body = '';
    asked.on('response', ({ ':status': code = 0, ...rest }) => {
      status = code;
      got = texts(rest);
    });
    asked.on('data', (chunk) => {
      body += String(chunk);
    });
    asked.on('error', reject);
    asked.on('end', () => {
      resolve(status === 0 ? { kind: 'closed', why: 'no answer' } : heard(status, got, body));
      session.destroy();
    });
    asked.end();
  });
}
