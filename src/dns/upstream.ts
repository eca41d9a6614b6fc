import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { readFrames, writeFrame } from './frames.ts';
import type { Transport } from './mesh-dns.ts';

export interface UpstreamOptions {
  /** Addresses, asked one after the other until one answers. */
  readonly nameservers: readonly string[];
  readonly port?: number;
  readonly timeoutMs?: number;
}

/** Queries under way: of all clients, and of one, who cannot keep the others from theirs. */
const mostQueries = 2000;
const mostOfOne = 200;

/** Resolvers that know the names which the mesh does not know. */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #underWay = new Map<string, number>();
  #all = 0;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  /** Undefined where no answer came, or too many are awaited already. */
  readonly ask = async (query: Buffer, transport: Transport, client: string): Promise<Buffer | undefined> => {
    const own = this.#underWay.get(client) ?? 0;
    if (this.#all >= mostQueries || own >= mostOfOne) return undefined;
    this.#all += 1;
    this.#underWay.set(client, own + 1);
    try {
      return await this.#askEach(query, transport);
    } finally {
      this.#all -= 1;
      const left = (this.#underWay.get(client) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(client);
      else this.#underWay.set(client, left);
    }
  };

  async #askEach(query: Buffer, transport: Transport): Promise<Buffer | undefined> {
    const { nameservers, port = 53, timeoutMs = 2000 } = this.#options;
    for (const address of nameservers) {
      // A number of our own: who does not see the query cannot answer it.
      const sent = withId(query, randomInt(65_536));
      const answer = await askOnce({ address, port, timeoutMs, query: sent }, transport);
      if (answer !== undefined) return withId(answer, query.readUInt16BE(0));
    }
    return undefined;
  }
}

interface Asking {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly query: Buffer;
}

function askOnce(asking: Asking, transport: Transport): Promise<Buffer | undefined> {
  return transport === 'udp' ? askByUdp(asking) : askByTcp(asking);
}

function askByUdp({ address, port, timeoutMs, query }: Asking): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const end = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(end, timeoutMs);
    socket.on('error', () => end());
    socket.on('message', (answer) => {
      if (answersTo(answer, query)) end(answer);
    });
    // A connected socket hears of nobody else, and of a port that is closed.
    socket.connect(port, address, () => socket.send(query));
  });
}

function askByTcp({ address, port, timeoutMs, query }: Asking): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answer?: Buffer): void => {
      socket.destroy();
      resolve(answer);
    };
    const read = readFrames((answer) => {
      if (answersTo(answer, query)) end(answer);
    });
    socket.setTimeout(timeoutMs, () => end());
    socket.on('error', () => end());
    socket.on('close', () => end());
    socket.on('data', read);
    socket.on('connect', () => socket.write(writeFrame(query)));
  });
}

function answersTo(answer: Buffer, query: Buffer): boolean {
  return answer.length >= 12 && answer.readUInt16BE(0) === query.readUInt16BE(0) && (answer[2] ?? 0) >= 0x80;
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}
