import { createConnection, createServer, type Socket } from 'node:net';

/** What a Service is for the API server: new connections in turn to those that are in, those that are open stay where they are. */
export interface Balancer {
  readonly port: number;
  /** Which ports are in. */
  use(ports: readonly number[]): void;
  /** Ends all connections that are open. */
  cut(): void;
  /** How many connections each port has had. */
  readonly taken: ReadonlyMap<number, number>;
  stop(): Promise<void>;
}

/** Listens, by default at any port of 127.0.0.1, and hands on to ports of the same address. */
export async function startBalancer({ host, port } = { host: '127.0.0.1', port: 0 }): Promise<Balancer> {
  let targets: readonly number[] = [];
  let turn = 0;
  const open = new Set<Socket>();
  const taken = new Map<number, number>();
  const server = createServer((client) => {
    const chosen = targets[turn++ % Math.max(1, targets.length)];
    if (chosen === undefined) {
      client.destroy();
      return;
    }
    taken.set(chosen, (taken.get(chosen) ?? 0) + 1);
    const target = createConnection({ host, port: chosen });
    for (const socket of [client, target]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.on('error', () => undefined);
    }
    client.pipe(target).pipe(client);
    client.once('close', () => target.destroy());
    target.once('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    use: (ports) => {
      targets = ports;
    },
    taken,
    cut,
    stop: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
