import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { type FaultListener, faultOf } from '../model/fault.ts';
import { readFrames, writeFrame } from './frames.ts';
import type { Transport } from './mesh-dns.ts';

/** Undefined where nothing is to be said. */
export type Answerer = (query: Buffer, client: string, transport: Transport) => Promise<Buffer | undefined>;

const mostConnections = 20_000;
/** Queries of one connection that are answered at once; proxies keep connections for many. */
const mostAtOnce = 100;
/** Longer than proxies wait between two questions whether we are there. */
const idleMs = 30_000;

/** One port of DNS, UDP and TCP. */
export class DnsServer {
  readonly #answer: Answerer;
  readonly #connections = new Set<Socket>();
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;

  /** What is asked and cannot be answered is told as OR1661; whoever asked hears nothing, and asks the next resolver. */
  constructor(answer: Answerer, onFault: FaultListener) {
    this.#answer = async (query, client, transport) => {
      try {
        return await answer(query, client, transport);
      } catch (error) {
        onFault(faultOf('OR1661', `a query of ${client} by DNS`, error));
        return undefined;
      }
    };
  }

  /** The port in use. Rejects when it cannot be had. */
  async start(host: string, port: number): Promise<number> {
    const tcp = createServer((socket) => this.#serve(socket));
    tcp.maxConnections = mostConnections;
    this.#tcp = tcp;
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject);
      tcp.listen(port, host, resolve);
    });
    const address = tcp.address();
    const taken = typeof address === 'object' ? (address?.port ?? port) : port;
    const udp = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    this.#udp = udp;
    udp.on('message', (query, from) => void this.#reply(udp, query, from));
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject);
      udp.bind(taken, host, resolve);
    });
    udp.on('error', () => {});
    return taken;
  }

  stop(): void {
    this.#udp?.close();
    this.#tcp?.close();
    for (const socket of this.#connections) socket.destroy();
  }

  async #reply(udp: UdpSocket, query: Buffer, from: { address: string; port: number }): Promise<void> {
    const answer = await this.#answer(query, plainAddress(from.address), 'udp');
    if (answer !== undefined && udp === this.#udp) udp.send(answer, from.port, from.address, () => {});
  }

  #serve(socket: Socket): void {
    const client = plainAddress(socket.remoteAddress ?? '');
    let open = 0;
    const reply = async (query: Buffer): Promise<void> => {
      open += 1;
      if (open >= mostAtOnce) socket.pause();
      const answer = await this.#answer(query, client, 'tcp');
      open -= 1;
      if (answer === undefined) return void socket.destroy();
      socket.write(writeFrame(answer));
      socket.resume();
    };
    this.#connections.add(socket);
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    socket.on(
      'data',
      readFrames((query) => void reply(query)),
    );
  }
}

/** IPv4 on a socket of both families. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
