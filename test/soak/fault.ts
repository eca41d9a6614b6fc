import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Balancer } from '../cluster/balancer.ts';
import type { ChildControlPlane } from '../mesh/child-control-plane.ts';
import type { TestMesh } from '../mesh/fixture.ts';
import { urlOf } from '../mesh/under-load.ts';
import type { FakeClock } from './fake-clock.ts';
import { redirect } from './manifests.ts';

/** Something bad that happens while requests go on. */
export interface Fault {
  readonly name: string;
  /** Of requests, all of which have to succeed: at least, and for as long as `act` takes. Undefined: it judges them itself. */
  readonly seconds: number | undefined;
  readonly act: () => Promise<void>;
}

/** What faults happen to. */
export interface Stage {
  readonly mesh: TestMesh;
  readonly control: ChildControlPlane;
  readonly clients: readonly string[];
  /** Pods of the hosts in use, so many of each. */
  readonly servers: (replicas: number) => string;
  /** Seconds that one lasts which is a matter of quantity: a minute, or what CI has time for. */
  readonly crowdedSeconds: number;
  /** Before the control plane; undefined where it is reached directly. */
  readonly balancer: Balancer | undefined;
  readonly clock: FakeClock | undefined;
  readonly versions: Versions;
}

/** Into the folder that the control plane follows, past the playground. */
export function putObject({ objects }: ChildControlPlane, file: string, object: unknown): void {
  writeFileSync(join(objects, `.${file}`), JSON.stringify(object));
  renameSync(join(objects, `.${file}`), join(objects, file));
}

/** Each change of a route has a number. */
export class Versions {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }

  get last(): number {
    return this.#last;
  }
}

/** Another route for all clients. */
export function change({ mesh, versions }: Pick<Stage, 'mesh' | 'versions'>): Promise<void> {
  return mesh.apply('moved.yaml', redirect(`/v${versions.next()}`));
}

/** The number of the change that a client has. */
export async function versionAt({ mesh }: Pick<Stage, 'mesh'>, client: string): Promise<number> {
  const script = `curl -s -o /dev/null -w '%{redirect_url}' --max-time 2 ${urlOf('used-b')}moved || true`;
  return Number(/\/v(\d+)$/.exec((await mesh.shell(`default/${client}`, script)).trim())?.[1] ?? Number.NaN);
}

/** Resolves when all clients have the last change: milliseconds from now. */
export async function arrived(stage: Pick<Stage, 'mesh' | 'versions' | 'clients'>, within: number): Promise<number> {
  const begun = performance.now();
  for (const client of stage.clients)
    await expect.poll(() => versionAt(stage, client), { timeout: within, interval: 20 }).toBe(stage.versions.last);
  return performance.now() - begun;
}

/** Runs `task` so many times, evenly over the time. A turn that is late is made up for. */
export async function evenly(times: number, seconds: number, task: (turn: number) => unknown): Promise<void> {
  const begun = performance.now();
  for (let turn = 0; turn < times; turn++) {
    await delay(Math.max(0, begun + (turn * seconds * 1000) / times - performance.now()));
    await task(turn);
  }
}
