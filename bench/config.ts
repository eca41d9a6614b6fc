import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MeshSettings } from '../src/model/mesh-settings.ts';
import type { XdsType } from '../src/xds/resource.ts';
import type { Started } from './mesh/control-plane.ts';
import type { Connected, Receipts } from './mesh/swarm.ts';
import type { Played } from './mesh/swarm-proxy.ts';
import { startWorker, type Worker } from './mesh/worker.ts';
import type { Row } from './table.ts';

const services = 1000;
const proxies = 100;
const rounds = 30;
/** The first rounds run code that is not compiled yet. */
const warmUps = 5;

export type Delivery = Exclude<Played, 'bare'>;

export const settingsOf: Readonly<Record<Delivery, Partial<MeshSettings>>> = {
  'pushed-hosts': { pushedHosts: services },
  'on-demand': { pushedHosts: 0 },
  eager: { delivery: 'eager' },
};

export const module = (name: string): string => join(import.meta.dirname, 'mesh', name);

/** From the change to the receipt by the last of 100 proxies, for each way of delivery; beside it bare writes. */
export async function benchConfig(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const delivery of ['pushed-hosts', 'on-demand', 'eager'] as const) rows.push(...(await benchDelivery(delivery)));
  return rows;
}

async function benchDelivery(delivery: Delivery): Promise<Row[]> {
  const [plane, bare, swarm, bareSwarm] = [
    startWorker(0, module('control-plane.ts')),
    startWorker(0, module('bare-plane.ts')),
    startWorker(1, module('swarm.ts')),
    startWorker(1, module('swarm.ts')),
  ];
  try {
    const { tokens, ...server } = await plane.ask<Started>('start', {
      services,
      proxies,
      settings: settingsOf[delivery],
    });
    await swarm.ask<Connected>('connect', { server, tokens, played: delivery });
    const bareServer = await bare.ask('start', 1000);
    await bareSwarm.ask('connect', { server: bareServer, tokens, played: 'bare' });
    const route = delivery === 'eager' ? 'route' : 'virtualHost';
    const weights = await measure(swarm, route, (turn) => plane.ask<number>('weights', turn % 2 === 0 ? 80 : 70));
    const endpoints = await measure(swarm, 'endpoint', (turn) =>
      plane.ask<number>('endpoints', turn % 2 === 0 ? 'one' : 'two'),
    );
    const ofBytes = (total: number) =>
      measure(bareSwarm, 'bare', () => bare.ask<number>('write', Math.round(total / proxies)));
    const bareWeights = await ofBytes(weights.bytes);
    const bareEndpoints = await ofBytes(endpoints.bytes);
    return [
      ...rowsOf(`${delivery}: VirtualService`, weights, bareWeights, 60),
      ...rowsOf(`${delivery}: endpoint`, endpoints, bareEndpoints, 25),
    ];
  } finally {
    for (const worker of [plane, bare, swarm, bareSwarm]) worker.stop();
  }
}

interface Measured {
  readonly p50: number;
  readonly max: number;
  /** To all proxies together. */
  readonly bytes: number;
  readonly messages: number;
}

async function measure(
  swarm: Worker,
  type: XdsType | 'bare',
  change: (turn: number) => Promise<number>,
): Promise<Measured> {
  const times: number[] = [];
  let received: Receipts | undefined;
  for (let turn = 0; turn < warmUps + rounds; turn++) {
    await swarm.ask('arm');
    const [at, found] = await Promise.all([change(turn), swarm.ask<Receipts>('receipts', { type, quietMs: 60 })]);
    if (turn >= warmUps) times.push((found.last[type]?.at ?? Number.NaN) - at);
    received = found;
    await sleep(20);
  }
  times.sort((a, b) => a - b);
  const { bytes = 0, messages = 0 } = received ?? {};
  return { p50: times[Math.floor(rounds / 2)] ?? 0, max: times.at(-1) ?? 0, bytes, messages };
}

function rowsOf(what: string, measured: Measured, bare: Measured, floor: number): Row[] {
  const times = ({ p50, max }: Measured) => `p50 ${p50.toFixed(1)} ms, max ${max.toFixed(1)} ms`;
  const size = (measured.bytes / 1000).toFixed(1);
  return [
    { what: `${what} change, bare gRPC writes of the same bytes`, measured: times(bare), floor: '' },
    {
      what: `${what} change to the last of ${proxies} proxies`,
      measured: `${times(measured)} = ${(measured.p50 / bare.p50).toFixed(1)} x bare`,
      floor: `<= ${floor} ms`,
    },
    {
      what: `${what} change, sent in all`,
      measured: `${size} kB in ${measured.messages} messages`,
      floor: 'what changed',
    },
  ];
}
