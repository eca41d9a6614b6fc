import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import type { OutriggerError } from '../errors.ts';
import { makeRoot, newSerial } from './make-certificates.ts';
import { OwnCertificates } from './own-certificates.ts';
import { RootFileStore } from './root-file-store.ts';
import type { Clock } from './serving-certificates.ts';
import type { ServingPair } from './serving-pair.ts';

const hour = 3_600_000;
let folder: string;
let path: string;
let clock: Clock & { time: number; tasks: { at: number; task: () => void }[] };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  path = join(folder, 'state', 'root.pem');
  clock = {
    time: Date.now(),
    tasks: [],
    now: () => new Date(clock.time),
    random: () => 0,
    after: (milliseconds, task) => {
      const entry = { at: clock.time + milliseconds, task };
      clock.tasks.push(entry);
      return () => {
        clock.tasks = clock.tasks.filter((other) => other !== entry);
      };
    },
  };
});
afterEach(() => rm(folder, { recursive: true }));

/** Sets the clock and runs what is due, once. */
function turnTo(time: number): void {
  clock.time = time;
  const due = clock.tasks;
  clock.tasks = [];
  for (const { task } of due) task();
}

const names = ['outrigger.outrigger-system.svc', 'localhost', '127.0.0.1', '::1'];
const certificates = () =>
  new OwnCertificates({ store: new RootFileStore(path), place: path, names, leafLifetimeMs: 24 * hour, clock });

describe('the root', () => {
  test('is made once, 0600 in a folder 0700, and kept over restarts', async () => {
    const first = await certificates().load();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'state'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'state'))).toEqual(['root.pem']);
    const second = await certificates().load();
    expect(second.caPem).toBe(first.caPem);
    expect(second.keyPem).not.toBe(first.keyPem);
  });

  test('is one, when two processes start at the same time', async () => {
    const pairs = await Promise.all([certificates().load(), certificates().load(), certificates().load()]);
    expect(new Set(pairs.map((pair) => pair.caPem)).size).toBe(1);
  });

  test('that others could read is closed to them', async () => {
    await certificates().load();
    await chmod(path, 0o644);
    await certificates().load();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('that is corrupt, of two halves, or of nothing is never replaced', async () => {
    await certificates().load();
    const good = await readFile(path, 'utf8');
    const other = await makeRoot(clock.now());
    const mixed = `${good.slice(0, good.indexOf('-----BEGIN PRIVATE'))}${other.privateKeyPem}`;
    const halved = good.slice(0, good.length / 2);
    const flipped = good.replace(
      /(CERTIFICATE-----\n.{30})(.)/,
      (_, before, char) => before + (char === 'A' ? 'B' : 'A'),
    );
    for (const text of [halved, '', mixed, flipped]) {
      await writeFile(path, text);
      await expect(certificates().load()).rejects.toMatchObject({ code: 'OR1501', at: path });
      expect(await readFile(path, 'utf8')).toBe(text);
    }
  });

  test('that has expired, or that begins in the future, is an error with a remedy', async () => {
    await certificates().load();
    clock.time += 3651 * 24 * hour;
    await expect(certificates().load()).rejects.toMatchObject({ code: 'OR1502' });
    clock.time -= 3654 * 24 * hour;
    await expect(certificates().load()).rejects.toMatchObject({ code: 'OR1507' });
  });

  test('that cannot be written is OR1506', async () => {
    await writeFile(join(folder, 'state'), 'a file where the folder should be');
    await expect(certificates().load()).rejects.toMatchObject({ code: expect.stringMatching(/OR150[16]/) });
  });
});

test('the leaf: names, usage, chain and validity', async () => {
  const pair = await certificates().load();
  const leaf = new X509Certificate(pair.chainPem);
  const root = new X509Certificate(pair.caPem);
  expect(root.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.checkIssued(root) && leaf.verify(root.publicKey)).toBe(true);
  expect(leaf.checkHost('outrigger.outrigger-system.svc')).toBeDefined();
  expect(leaf.checkHost('other.svc')).toBeUndefined();
  expect(leaf.checkIP('127.0.0.1')).toBeDefined();
  expect(leaf.checkIP('::1')).toBeDefined();
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(leaf.validToDate.getTime() - clock.time).toBeLessThanOrEqual(24 * hour);
  expect(leaf.serialNumber).not.toBe(root.serialNumber);
});

test('serials are positive, 127 bits, of the shortest form', () => {
  expect(newSerial(() => Buffer.alloc(16))).toBe(`40${'0'.repeat(30)}`);
  expect(newSerial(() => Buffer.alloc(16, 255))).toBe(`7f${'f'.repeat(30)}`);
  expect(new Set(Array.from({ length: 1000 }, () => newSerial())).size).toBe(1000);
});

describe('renewal', () => {
  const watch = async () => {
    const own = certificates();
    const first = await own.load();
    const pairs: ServingPair[] = [];
    const failures: OutriggerError[] = [];
    const stop = new AbortController();
    const listener = {
      onPair: (pair: ServingPair) => void pairs.push(pair),
      onFailure: (error: OutriggerError) => void failures.push(error),
    };
    own.watch(listener, stop.signal);
    return { first, pairs, failures, stop };
  };

  test('happens at half-life, not before, and again half a life later', async () => {
    const { first, pairs, stop } = await watch();
    turnTo(clock.time + 11 * hour);
    expect(pairs).toEqual([]);
    turnTo(clock.time + hour);
    await eventually(() => expect(clock.tasks).toHaveLength(1));
    expect(pairs).toHaveLength(1);
    expect(pairs[0]?.caPem).toBe(first.caPem);
    turnTo(clock.time + 12 * hour);
    await eventually(() => expect(pairs).toHaveLength(2));
    await eventually(() => expect(clock.tasks).toHaveLength(1));
    stop.abort();
    expect(clock.tasks).toEqual([]);
  });

  test('happens when the clock is set back, while the root is valid; else the last good stays, reported', async () => {
    const { pairs, failures } = await watch();
    turnTo(clock.time - 2 * hour);
    await eventually(() => expect(pairs).toHaveLength(1));
    expect(pairs[0]?.notBefore.getTime()).toBeLessThan(clock.time);
    await eventually(() => expect(clock.tasks).toHaveLength(1));
    turnTo(clock.time - 48 * hour);
    await eventually(() => expect(failures).toHaveLength(1));
    expect(failures[0]?.code).toBe('OR1507');
    expect(pairs).toHaveLength(1);
    await eventually(() => expect(clock.tasks).toHaveLength(1));
    turnTo(clock.time + 48 * hour);
    await eventually(() => expect(clock.tasks).toHaveLength(1));
    expect(failures).toHaveLength(1);
  });
});
