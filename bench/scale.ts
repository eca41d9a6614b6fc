import { setTimeout as sleep } from 'node:timers/promises';
import { type Delivery, module, settingsOf } from './config.ts';
import type { Started, Usage } from './mesh/control-plane.ts';
import type { Connected, Receipts } from './mesh/swarm.ts';
import { startWorker } from './mesh/worker.ts';
import type { Row } from './table.ts';

const services = 1000;
const proxies = 1000;
const changes = 5;

/** 1,000 proxies connect at once; beside it a bare gRPC server that writes the same bytes to each. */
export async function benchScale(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const delivery of ['on-demand', 'pushed-hosts'] as const) rows.push(...(await benchDelivery(delivery)));
  return rows;
}

async function benchDelivery(delivery: Delivery): Promise<Row[]> {
  const plane = startWorker(0, module('control-plane.ts'));
  const swarm = startWorker(1, module('swarm.ts'));
  let connected: Connected;
  let tokens: readonly string[];
  const rows: Row[] = [];
  const on = delivery === 'on-demand';
  try {
    const { tokens: issued, ...server } = await plane.ask<Started>('start', {
      services,
      proxies,
      settings: settingsOf[delivery],
    });
    tokens = issued;
    const before = await plane.ask<Usage>('usage');
    await plane.ask('watch');
    connected = await swarm.ask<Connected>('connect', { server, tokens, played: delivery });
    await sleep(1500);
    const after = await plane.ask<Usage>('usage');
    await sleep(500);
    await plane.ask('watch');
    const last: number[] = [];
    for (let turn = 0; turn < changes; turn++) {
      await swarm.ask('arm');
      const [at, found] = await Promise.all([
        plane.ask<number>('weights', turn % 2 === 0 ? 80 : 70),
        swarm.ask<Receipts>('receipts', { type: 'virtualHost', quietMs: 300 }),
      ]);
      last.push((found.last.virtualHost?.at ?? Number.NaN) - at);
    }
    const during = await plane.ask<Usage>('usage');
    const cpu = after.cpuSeconds - before.cpuSeconds;
    const add = (what: string, measured: string, floor = '') =>
      rows.push({ what: `${delivery}: ${what}`, measured, floor });
    add('all synced', `${connected.seconds.toFixed(2)} s (server ${cpu.toFixed(1)} s CPU)`, '<= 5 s');
    add('clients, for comparison', `${connected.cpuSeconds.toFixed(1)} s CPU on the other core`);
    add('sent', `${(connected.bytes / 1e6).toFixed(1)} MB`);
    add('RSS before the first proxy', `${before.collectedRssMb.toFixed(0)} MB`);
    const floor = on ? '<= 250 MB' : 'measured';
    add('RSS after a collection', `${after.collectedRssMb.toFixed(0)} MB, heap ${after.heapMb.toFixed(0)} MB`, floor);
    add('RSS at its peak', `${after.peakRssMb.toFixed(0)} MB`, on ? '<= 250 MB' : 'measured');
    add('event loop blocked, at most, while connecting', `${after.blockedMs.toFixed(0)} ms`, '<= 50 ms');
    add('event loop blocked, at most, by a change', `${during.blockedMs.toFixed(0)} ms`, '<= 50 ms');
    add(
      `VirtualService change to the last of ${proxies}`,
      `median ${last.sort((a, b) => a - b)[2]?.toFixed(0)} ms`,
      'measured',
    );
  } finally {
    plane.stop();
    swarm.stop();
  }
  return [...rows, ...(await benchBare(delivery, tokens, Math.round(connected.bytes / proxies)))];
}

async function benchBare(delivery: Delivery, tokens: readonly string[], bytes: number): Promise<Row[]> {
  const plane = startWorker(0, module('bare-plane.ts'));
  const swarm = startWorker(1, module('swarm.ts'));
  try {
    const server = await plane.ask('start', bytes);
    const { seconds } = await swarm.ask<Connected>('connect', { server, tokens, played: 'bare' });
    const { collectedRssMb, peakRssMb } = await plane.ask<Pick<Usage, 'collectedRssMb' | 'peakRssMb'>>('usage');
    const memory = `RSS ${collectedRssMb.toFixed(0)} MB, peak ${peakRssMb.toFixed(0)} MB`;
    return [
      {
        what: `${delivery}: bare gRPC server, same bytes in one message each`,
        measured: `${seconds.toFixed(2)} s, ${memory}`,
        floor: '',
      },
    ];
  } finally {
    plane.stop();
    swarm.stop();
  }
}
