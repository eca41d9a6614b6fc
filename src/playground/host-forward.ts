import { connect, createServer, type Server, type Socket } from 'node:net';
import { OutriggerError } from '../errors.ts';

/** A TCP port of 127.0.0.1 that leads to one of some addresses of the playground, by chance. */
export class HostForward {
  readonly #targets: () => readonly { readonly ip: string; readonly port: number }[];
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(targets: () => readonly { readonly ip: string; readonly port: number }[]) {
    this.#targets = targets;
  }

  /** Answers the port in use: 0 takes any. Throws OR2308. */
  start(port: number): Promise<number> {
    const server = createServer((socket) => this.#forward(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', (cause) =>
        reject(new OutriggerError('OR2308', `127.0.0.1:${port}: ${cause.message}`, { cause })),
      );
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  stop(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(socket: Socket): void {
    const targets = this.#targets();
    const target = targets[Math.floor(Math.random() * targets.length)];
    if (target === undefined) return void socket.destroy();
    const onward = connect({ host: target.ip, port: target.port });
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
