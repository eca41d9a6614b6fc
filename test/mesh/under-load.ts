import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { LoadResult } from '../../src/playground/sample-app/load.ts';
import type { TestMesh } from './fixture.ts';

export const urlOf = (name: string): string => `http://${name}:9080/`;

/** Envoy tries to come back after ever longer times, half a minute at most. */
export const backMs = 35_000;

/** Requests of one client to several hosts at once. */
export function everybody(
  mesh: TestMesh,
  client: string,
  hosts: readonly string[],
  load: object,
): Promise<LoadResult[]> {
  return Promise.all(hosts.map((host) => mesh.load(`default/${client}`, { url: urlOf(host), ...load })));
}

/** All clients on all hosts, for `seconds`, while something happens. Every request is answered with 200: how many there were. */
export async function underLoad(
  mesh: TestMesh,
  { clients, hosts, seconds }: { clients: readonly string[]; hosts: readonly string[]; seconds: number },
  meanwhile: () => Promise<void>,
): Promise<number> {
  const load = { forMs: seconds * 1000, rate: 150, concurrency: 6 };
  const loads = Promise.all(clients.map((client) => everybody(mesh, client, hosts, load)));
  // When what happens meanwhile fails, that is the failure to be told of.
  loads.catch(() => undefined);
  await delay(500);
  await meanwhile();
  const results = (await loads).flat();
  for (const { statuses, errors, samples } of results) {
    const failed = samples.filter(({ status }) => status !== 200);
    expect({ statuses: Object.keys(statuses), errors, failed }).toEqual({ statuses: ['200'], errors: {}, failed: [] });
  }
  return results.reduce((sum, { statuses }) => sum + (statuses[200] ?? 0), 0);
}

/** Its stream is open again, and has been for a moment. */
export async function connected(mesh: TestMesh, client: string): Promise<void> {
  const open = /^xds::.*::rq_active::1$/m;
  await expect.poll(() => mesh.admin(`default/${client}`, '/clusters'), { timeout: backMs }).toMatch(open);
  await delay(1000);
}
