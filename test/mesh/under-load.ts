import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { LoadResult } from '../../src/playground/sample-app/load.ts';
import type { TestMesh } from './fixture.ts';

export const urlOf = (name: string): string => `http://${name}:9080/`;

/** Envoy tries to come back after ever longer times, half a minute at most. */
export const backMs = 35_000;

/** Clients of the namespace `default`, and hosts: each asks each. */
export interface Parties {
  readonly clients: readonly string[];
  readonly hosts: readonly string[];
}

/** Requests of one client to several hosts at once. */
export function everybody(
  mesh: TestMesh,
  client: string,
  hosts: readonly string[],
  load: object,
): Promise<LoadResult[]> {
  return Promise.all(hosts.map((host) => mesh.load(`default/${client}`, { url: urlOf(host), ...load })));
}

let loads = 0;

/** Requests to each host, by client, for as long as something takes and a moment before and after it. */
export async function loadDuring(
  mesh: TestMesh,
  { clients, hosts }: Parties,
  meanwhile: () => Promise<void>,
): Promise<ReadonlyMap<string, readonly LoadResult[]>> {
  loads += 1;
  const untilFile = `/tmp/load-${loads}-is-over`;
  const load = { forMs: 600_000, untilFile, rate: 150, concurrency: 6, timeoutMs: 5000 };
  const running = Promise.all(clients.map((client) => everybody(mesh, client, hosts, load)));
  // When what happens meanwhile fails, that is the failure to be told of.
  running.catch(() => undefined);
  const begun = performance.now();
  await delay(500);
  try {
    await meanwhile();
    await delay(500);
  } finally {
    await Promise.all(clients.map((client) => mesh.shell(`default/${client}`, `touch ${untilFile}`)));
  }
  expect(performance.now() - begun, 'the load must outlast it').toBeLessThan(load.forMs);
  const results = await running;
  return new Map(hosts.map((host, index) => [host, results.flatMap((ofClient) => ofClient[index] ?? [])]));
}

/** Every request is answered with 200: how many there were. */
export function expectAll200(results: readonly LoadResult[]): number {
  for (const { statuses, errors, samples } of results) {
    const failed = samples.filter(({ status }) => status !== 200);
    expect({ statuses: Object.keys(statuses), errors, failed }).toEqual({ statuses: ['200'], errors: {}, failed: [] });
  }
  return results.reduce((sum, { statuses }) => sum + (statuses[200] ?? 0), 0);
}

/** All clients on all hosts while something happens, and no request fails: how many there were. */
export async function underLoad(mesh: TestMesh, parties: Parties, meanwhile: () => Promise<void>): Promise<number> {
  const results = await loadDuring(mesh, parties, meanwhile);
  return expectAll200([...results.values()].flat());
}

/** Its stream is open again, and has been for a moment. */
export async function connected(mesh: TestMesh, client: string): Promise<void> {
  const open = /^xds::.*::rq_active::1$/m;
  await expect.poll(() => mesh.admin(`default/${client}`, '/clusters'), { timeout: backMs }).toMatch(open);
  await delay(1000);
}
