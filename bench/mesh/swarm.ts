import { setTimeout as sleep } from 'node:timers/promises';
import { defaultLimits } from '../../src/wire/ads-server.ts';
import type { XdsType } from '../../src/xds/resource.ts';
import { type Played, type Server, SwarmProxy } from './swarm-proxy.ts';
import { answerQuestions, now } from './worker.ts';

/** The clients of the benches: simulated proxies, each with a TLS connection of its own. */
export interface ConnectOptions {
  readonly server: Server;
  readonly tokens: readonly string[];
  readonly played: Played;
}

export interface Connected {
  readonly seconds: number;
  readonly bytes: number;
  readonly cpuSeconds: number;
}

export interface Receipts {
  /** When each type had reached the last of the proxies that got any of it. */
  readonly last: Readonly<Partial<Record<XdsType | 'bare', { readonly at: number; readonly proxies: number }>>>;
  readonly bytes: number;
  readonly messages: number;
}

export interface ReceiptOptions {
  readonly type: XdsType | 'bare';
  readonly quietMs: number;
}

let proxies: readonly SwarmProxy[] = [];
let failure: Error | undefined;
let bytes = 0;
let messages = 0;
let lastAt = 0;
let first = new Map<XdsType | 'bare', Map<SwarmProxy, number>>();

const { burst, perSecond } = defaultLimits.newStreams;

async function connect({ server, tokens, played }: ConnectOptions): Promise<Connected> {
  const beganAt = now();
  const cpu = process.cpuUsage();
  bytes = 0;
  failure = undefined;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const begin = (token: string, index: number): SwarmProxy =>
    new SwarmProxy({
      ...{ index, token, server, played, onMessage: note },
      onFailure: (error) => {
        failure ??= error;
        failed.reject(error);
      },
    });
  const begun: SwarmProxy[] = [];
  for (const [index, token] of tokens.entries()) {
    begun.push(begin(token, index));
    // As many as the server takes in time: one that is refused does not come back here.
    if (tokens.length <= burst || begun.length % perSecond > 0) continue;
    await Promise.race([Promise.all(begun.map(({ synced }) => synced)), failed.promise]);
    await sleep(1_100);
  }
  proxies = begun;
  await Promise.race([Promise.all(proxies.map(({ synced }) => synced)), failed.promise]);
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (now() - beganAt) / 1000, bytes, cpuSeconds: (user + system) / 1e6 };
}

function note(proxy: SwarmProxy, type: XdsType | 'bare', size: number): void {
  lastAt = now();
  bytes += size;
  messages += 1;
  const known = first.get(type) ?? new Map<SwarmProxy, number>();
  first.set(type, known);
  if (!known.has(proxy)) known.set(proxy, lastAt);
}

/** A round begins. */
function arm(): void {
  first = new Map();
  bytes = 0;
  messages = 0;
}

/** Once every proxy has got one of the type, and nothing came for a while after it. */
async function receipts({ type, quietMs }: ReceiptOptions): Promise<Receipts> {
  while (first.get(type)?.size !== proxies.length || now() - lastAt < quietMs) {
    if (failure !== undefined) throw failure;
    await sleep(5);
  }
  const last = [...first].map(([type, times]) => [type, { at: Math.max(...times.values()), proxies: times.size }]);
  return { last: Object.fromEntries(last), bytes, messages };
}

function close(): void {
  for (const proxy of proxies) proxy.close();
  proxies = [];
}

answerQuestions({ connect, arm, receipts, close });
