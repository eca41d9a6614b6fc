import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import type { OutriggerError } from '../errors.ts';
import { GivenCertificates } from './given-certificates.ts';
import { issueLeaf, makeRoot } from './make-certificates.ts';
import type { Root } from './root-store.ts';
import type { ServingPair } from './serving-pair.ts';

let root: Root;
let one: ServingPair;
let two: ServingPair;
const leaf = (now: Date) => issueLeaf({ root, names: ['localhost'], now, lifetimeMs: 3_600_000 });
beforeAll(async () => {
  root = await makeRoot(new Date());
  [one, two] = await Promise.all([leaf(new Date()), leaf(new Date())]);
});

let folder: string;
let now: Date;
let look: () => void;
let scheduled = 0;
let pairs: ServingPair[];
let failures: OutriggerError[];
let given: GivenCertificates;
let stop: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  now = new Date();
  pairs = [];
  failures = [];
  stop = new AbortController();
  given = new GivenCertificates({
    certFile: join(folder, 'tls.crt'),
    keyFile: join(folder, 'tls.key'),
    caFile: join(folder, 'ca.crt'),
    pollMs: 1000,
    clock: {
      now: () => now,
      random: () => 0,
      after: (_, task) => {
        look = task;
        scheduled++;
        return () => {};
      },
    },
    watchFolder: () => () => {},
  });
  await mount('first', one);
  await Promise.all(['tls.crt', 'tls.key', 'ca.crt'].map((name) => symlink(`..data/${name}`, join(folder, name))));
});
afterEach(async () => {
  stop.abort();
  await rm(folder, { recursive: true });
});

/** As the kubelet mounts a Secret: a new folder, then `..data` is swapped to it by one rename. */
async function mount(version: string, pair: Pick<ServingPair, 'chainPem' | 'keyPem'>, caPem = root.certificatePem) {
  const target = join(folder, `..${version}`);
  await mkdir(target);
  await writeFile(join(target, 'tls.crt'), pair.chainPem);
  await writeFile(join(target, 'tls.key'), pair.keyPem);
  await writeFile(join(target, 'ca.crt'), caPem);
  await symlink(`..${version}`, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
}

const start = async () => {
  expect((await given.load()).chainPem).toBe(one.chainPem);
  const listener = {
    onPair: (pair: ServingPair) => void pairs.push(pair),
    onFailure: (error: OutriggerError) => void failures.push(error),
  };
  given.watch(listener, stop.signal);
};

test('a renewed pair is taken, once', async () => {
  await start();
  await mount('second', two);
  look();
  await eventually(() => expect(pairs).toHaveLength(1));
  expect(pairs[0]?.chainPem).toBe(two.chainPem);
  look();
  await eventually(() => expect(failures).toEqual([]));
  expect(pairs).toHaveLength(1);
});

test('a broken pair is reported once, the last good stays, and the repaired one is taken', async () => {
  await start();
  await mount('second', { chainPem: two.chainPem, keyPem: one.keyPem });
  for (let round = 0; round < 3; round++) {
    const before = scheduled;
    look();
    await eventually(() => expect(scheduled).toBeGreaterThan(before));
  }
  expect(failures.map((error) => error.code)).toEqual(['OR1504']);
  expect(pairs).toEqual([]);
  await mount('third', two);
  look();
  await eventually(() => expect(pairs).toHaveLength(1));
});

test('files that vanish are reported, the last good stays', async () => {
  await start();
  await rm(join(folder, '..data'));
  look();
  await eventually(() => expect(failures.map((error) => error.code)).toEqual(['OR1503']));
});

test.each([
  ['a key of another certificate', 'OR1504', () => mount('x', { chainPem: one.chainPem, keyPem: two.keyPem })],
  ['no certificate', 'OR1503', () => mount('x', { chainPem: 'hello', keyPem: two.keyPem })],
  ['a broken certificate', 'OR1503', () => mount('x', { ...one, chainPem: one.chainPem.replace(/\n.{20}/, '\n') })],
  ['no key', 'OR1503', () => mount('x', { chainPem: one.chainPem, keyPem: '' })],
  ['an expired one', 'OR1505', async () => mount('x', await leaf(new Date(Date.now() - 7_200_000)))],
  ['one of the future', 'OR1505', async () => mount('x', await leaf(new Date(Date.now() + 7_200_000)))],
  ['another CA', 'OR1508', async () => mount('x', one, (await makeRoot(new Date())).certificatePem)],
])('%s does not start: %s', async (_, code, prepare) => {
  await prepare();
  await expect(given.load()).rejects.toMatchObject({ code });
});

test('one whose time has not come is taken when it has', async () => {
  await start();
  await mount('later', await leaf(new Date(now.getTime() + 7_200_000)));
  look();
  await eventually(() => expect(failures).toHaveLength(1));
  now = new Date(now.getTime() + 7_200_000);
  await eventually(() => {
    look();
    expect(pairs).toHaveLength(1);
  });
});
