import { Agent, request } from 'node:http';

/** One request of the load, as its client saw it. Times are seconds since 1970. */
export interface Sent {
  readonly kind: string;
  readonly endedAt: number;
  readonly ms: number;
  readonly status: number;
}

export interface Kind {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Requests at a steady rate, the kinds in turn; each is told when and how it ended: the independent count. */
export async function steadyLoad(
  url: string,
  kinds: readonly Kind[],
  { rate, seconds }: { rate: number; seconds: number },
) {
  const agent = new Agent({ keepAlive: true });
  const sent: Promise<Sent>[] = [];
  const begun = performance.now();
  for (let turn = 0; turn < rate * seconds; turn++) {
    const wait = begun + (turn * 1000) / rate - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const kind = kinds[turn % kinds.length];
    if (kind !== undefined) sent.push(send(url, kind, agent));
  }
  const all = await Promise.all(sent);
  agent.destroy();
  return all;
}

function send(url: string, kind: Kind, agent: Agent): Promise<Sent> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const end = (status: number): void =>
      resolve({ kind: kind.name, endedAt: Date.now() / 1000, ms: performance.now() - begun, status });
    const asked = request(url, { agent, headers: kind.headers, timeout: 15_000 }, (response) => {
      response.resume().on('end', () => end(response.statusCode ?? 0));
    });
    asked.on('timeout', () => asked.destroy(new Error('timeout')));
    asked.on('error', () => end(0));
    asked.end();
  });
}
