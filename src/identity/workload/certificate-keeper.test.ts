import { inspect } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { OutriggerError } from '../../errors.ts';
import type { Clock } from '../serving-certificates.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import type { RootChange } from './workload-ca.ts';
import { WorkloadCertificate } from './workload-certificate.ts';

const hour = 3_600_000;
const id = 'spiffe://cluster.local/ns/shop/sa/cart';
let time: number;
let tasks: { at: number; task: () => void }[];
let issued: number;
let fails: boolean;
let failures: string[];
let change: (change: RootChange) => void;
let keeper: CertificateKeeper;

const clock: Clock = {
  now: () => new Date(time),
  random: () => 0,
  after: (milliseconds, task) => {
    const entry = { at: time + milliseconds, task };
    tasks.push(entry);
    return () => {
      tasks = tasks.filter((other) => other !== entry);
    };
  },
};

beforeEach(() => {
  [time, tasks, issued, fails, failures] = [1_000_000_000_000, [], 0, false, []];
  keeper = new CertificateKeeper({
    clock,
    onFailure: (spiffeId, error) => failures.push(`${error.code} ${spiffeId}`),
    authority: {
      onChange: (listener) => {
        change = listener;
        return () => {};
      },
      issue: async (spiffeId) => {
        if (fails) throw new OutriggerError('OR2205', 'the store is away');
        issued += 1;
        return new WorkloadCertificate(spiffeId, {
          certificateChainPem: `chain ${issued}`,
          issuer: '',
          privateKeyPem: '-----BEGIN PRIVATE KEY-----',
          notBefore: new Date(time),
          notAfter: new Date(time + 24 * hour),
          serial: `${issued}`,
        });
      },
    },
  });
});

/** Lets time pass, running what falls due in its order, answers of promises included. */
async function pass(milliseconds: number): Promise<void> {
  const end = time + milliseconds;
  for (;;) {
    const next = tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
    if (next === undefined) break;
    tasks = tasks.filter((other) => other !== next);
    time = Math.max(time, next.at);
    next.task();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
  time = end;
}

test('a certificate is there at once, renewed at half-life, and its proxy told', async () => {
  const kept = await keeper.open(id);
  const told: string[] = [];
  const leave = kept.onRenewed(() => told.push(kept.current.serial));
  expect(kept.current.serial).toBe('1');
  await pass(11.9 * hour);
  expect(told).toEqual([]);
  await pass(0.2 * hour);
  expect(told).toEqual(['2']);
  await pass(12 * hour);
  expect(told).toEqual(['2', '3']);
  leave();
  await pass(13 * hour);
  expect([told.length, kept.current.serial]).toEqual([2, '4']);
});

test('while issuing fails the last good one stays, and it is tried ever more slowly', async () => {
  const kept = await keeper.open(id);
  fails = true;
  await pass(12 * hour);
  await pass(60_000);
  const early = failures.length;
  expect(early).toBeGreaterThan(4);
  await pass(hour);
  expect(failures.length - early).toBeLessThan(125);
  expect(failures[0]).toBe(`OR2205 ${id}`);
  expect(kept.current.serial).toBe('1');
  fails = false;
  await pass(60_000);
  expect(kept.current.serial).toBe('2');
  expect(tasks).toHaveLength(1);
});

test('a proxy that went leaves nothing, even while its renewal is under way', async () => {
  const kept = await keeper.open(id);
  await pass(12 * hour - 1);
  const [due] = tasks;
  time += 2;
  due?.task();
  kept.close();
  await pass(0);
  expect([keeper.size, tasks.length]).toEqual([0, 0]);
  expect(() => kept.current).toThrow('after its end');
});

test('a proxy without a first certificate is not kept', async () => {
  fails = true;
  await expect(keeper.open(id)).rejects.toMatchObject({ code: 'OR2205' });
  expect(keeper.size).toBe(0);
});

describe('another root in the store', () => {
  test('a new issuer: each proxy gets a new certificate soon', async () => {
    const all = await Promise.all([keeper.open(id), keeper.open(id)]);
    change({ issuer: true, roots: true });
    await pass(1000);
    expect(all.map((kept) => kept.current.serial).sort()).toEqual(['3', '4']);
    keeper.close();
    expect([keeper.size, tasks.length]).toEqual([0, 0]);
  });

  test('new roots alone renew nothing', async () => {
    const kept = await keeper.open(id);
    change({ issuer: false, roots: true });
    await pass(60_000);
    expect(kept.current.serial).toBe('1');
  });
});

test('nothing that is kept shows a key', async () => {
  const kept = await keeper.open(id);
  const seen = [keeper, kept].flatMap((value) => [JSON.stringify(value), inspect(value, { depth: 9, getters: true })]);
  expect(seen.filter((text) => text.includes('PRIVATE KEY'))).toEqual([]);
});
