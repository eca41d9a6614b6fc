import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Stage } from './fault.ts';

/** What the control plane and the proxies of the clients hold. */
export interface Size {
  readonly rssMb: number;
  /** Of the control plane, without garbage. */
  readonly heapMb: number;
  /** Sockets are files. */
  readonly files: number;
  /** Of each client's proxy. */
  readonly proxyMb: readonly number[];
}

export async function measure({ control, clients, mesh }: Pick<Stage, 'control' | 'clients' | 'mesh'>): Promise<Size> {
  const heapMb = (await control.collect()) / 1024 / 1024;
  const status = readFileSync(`/proc/${control.pid}/status`, 'utf8');
  const rssMb = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  const memories = clients.map(async (client) => {
    const { allocated } = JSON.parse(await mesh.admin(`default/${client}`, '/memory')) as { allocated: string };
    return Number(allocated) / 1e6;
  });
  return { rssMb, heapMb, files: readdirSync(`/proc/${control.pid}/fd`).length, proxyMb: await Promise.all(memories) };
}

export function printSizes(sizes: readonly Size[]): string {
  const control = sizes.map(({ rssMb }) => rssMb.toFixed(0)).join(' ');
  const heap = sizes.map(({ heapMb }) => heapMb.toFixed(0)).join(' ');
  const files = sizes.map((size) => size.files).join(' ');
  const [first, last] = [sizes[0], sizes.at(-1)].map((size) => size?.proxyMb.map((mb) => mb.toFixed(1)).join(' and '));
  return `control plane ${control} MB, ${heap} MB of heap, ${files} files; proxies ${first} to ${last} MB`;
}

/**
 * Since `before`. Memory that is free goes back to the machine after some collections, not at once, and pages that hold a
 * little stay: a leak is told by the heap, for which more than a fifth is growth.
 */
export async function expectNoGrowth(stage: Pick<Stage, 'control' | 'clients' | 'mesh'>, before: Size): Promise<void> {
  let after = await measure(stage);
  const rssMb = async (): Promise<number> => {
    after = await measure(stage);
    return after.rssMb;
  };
  await expect.poll(rssMb, { timeout: 60_000, interval: 3_000 }).toBeLessThan(before.rssMb * 1.3 + 40);
  console.info(`in the end ${printSizes([after])}`);
  expect(after.heapMb).toBeLessThan(before.heapMb * 1.2 + 10);
  expect(after.files).toBeLessThan(before.files + 10);
  for (const [index, mb] of after.proxyMb.entries()) expect(mb).toBeLessThan((before.proxyMb[index] ?? 0) * 1.3 + 4);
}
