import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { isIPv6 } from 'node:net';
import type { Clock } from '../clock.ts';
import { MessageReader, messageHead } from '../grpc/message-reader.ts';
import { type PeerEvent, readEvent } from './peer-messages.ts';

export interface PeerCallOptions {
  /** The path of its request. */
  readonly method: string;
  readonly address: string;
  readonly port: number;
  /** A DNS name that the certificate of the other side has to have. */
  readonly serverName: string;
  /** PEM: what proves this replica, and whom it believes. */
  readonly credentials: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly asked: Readonly<Record<string, unknown>>;
  readonly clock: Clock;
}

export interface PeerCallListener {
  /** All that comes is read: it is bounded where it is sent, and a peer that is not read for a while would be cut off. */
  event(event: PeerEvent): void;
  /** Once, with why in words, whoever ended it but `close`. */
  ended(why: string): void;
}

export interface PeerCall {
  close(): void;
}

/** Of an answer: lines are some kilobytes. */
const mostBytes = 256 * 1024;
/** A peer that is frozen closes nothing. Milliseconds. */
const [pingMs, answerMs] = [5_000, 5_000];

/** One question to another replica, on a connection of its own, by mutual TLS. */
export function callPeer(options: PeerCallOptions, listener: PeerCallListener): PeerCall {
  const { method, address, port, serverName, credentials, asked, clock } = options;
  const authority = `https://${isIPv6(address) ? `[${address}]` : address}:${port}`;
  const session = connect(authority, { ...credentials, servername: serverName, minVersion: 'TLSv1.2' });
  let over = false;
  const why = 'it ended';
  const end = (reason: string) => {
    if (over) return;
    over = true;
    cancelWatch();
    session.destroy();
    listener.ended(reason);
  };
  const cancelWatch = watch(session, clock, () => end(`no sign of life within ${answerMs} ms`));
  session.on('error', (error) => end(error.message));
  session.on('close', () => end(why));
  const stream = session.request({
    ':method': constants.HTTP2_METHOD_POST,
    ':path': method,
    'content-type': 'application/grpc+json',
    te: 'trailers',
  });
  const reader = new MessageReader(mostBytes);
  const status = (headers: Readonly<Record<string, unknown>>) => {
    if (headers['grpc-status'] !== undefined) end(decoded(String(headers['grpc-message'] ?? why)));
  };
  stream.on('response', status);
  stream.on('trailers', status);
  stream.on('error', (error) => end(error.message));
  stream.on('close', () => end(why));
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const bytes of reader.push(chunk)) if (!over) listener.event(readEvent(bytes));
    } catch (error) {
      end(error instanceof Error ? error.message : String(error));
    }
  });
  const question = Buffer.from(JSON.stringify(asked));
  stream.write(Buffer.concat([messageHead(question.length), question]));
  return {
    close: () => {
      over = true;
      cancelWatch();
      session.destroy();
    },
  };
}

/** As it is, where it is not encoded as gRPC says: a message is never dropped for that (PROTOCOL-HTTP2.md). */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

/** Also while it connects: a packet that nobody takes is never answered. The answer ends it. */
function watch(session: ClientHttp2Session, clock: Clock, silent: () => void): () => void {
  let cancel = clock.after(answerMs, silent);
  const alive = () => {
    cancel();
    cancel = clock.after(pingMs, () => {
      cancel = clock.after(answerMs, silent);
      if (!session.destroyed) session.ping((error) => (error === null ? alive() : undefined));
    });
  };
  session.once('connect', alive);
  return () => cancel();
}
