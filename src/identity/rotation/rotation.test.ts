import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { certificateFacts, fingerprintsOf } from '../workload/certificate-facts.ts';
import { makeMeshRoot } from '../workload/make-mesh-root.ts';
import type { MeshRoot } from '../workload/mesh-root.ts';
import { MeshRootFile } from '../workload/mesh-root-file.ts';
import { beginRotation } from './begin.ts';
import { readGivenRoot } from './given-root.ts';
import type { ReplicaAnswer } from './proof.ts';
import type { RootReport } from './root-report.ts';
import { type RotationOptions, type RotationProgress, type RotationStore, rotate } from './rotate.ts';
import { RotationFiles } from './rotation-files.ts';
import { stageOf } from './stage.ts';

/** Rotations over real files, against proxies and replicas that follow in their own time, die and come back. */
let folder: string;
let path: string;
let old: MeshRoot;
let made: MeshRoot;
let later: MeshRoot;
beforeAll(async () => {
  [old, made, later] = [await makeMeshRoot(new Date()), await makeMeshRoot(new Date()), await makeMeshRoot(new Date())];
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  path = join(folder, 'mesh-root.pem');
  await new MeshRootFile(path).save(old);
});
afterEach(() => rm(folder, { recursive: true }));

interface Held {
  issuer: string;
  roots: string[];
}
const heldOf = (root: MeshRoot): Held => ({
  issuer: fingerprintsOf(root.certificatePem)[0] ?? '',
  roots: fingerprintsOf(root.rootsPem),
});

/** A mesh as rotation sees it. Each look lets some of it follow; `random` decides who. */
class World {
  readonly proxies = new Map<string, Held>();
  replica: Held = heldOf(old);
  readonly frozen = new Set<string>();
  /** Pods that run and have no stream. */
  readonly gone = new Set<string>();
  silent = false;
  looks = 0;
  readonly #random: () => number;

  constructor(names: readonly string[], random: () => number = () => 0) {
    this.#random = random;
    for (const name of names) this.proxies.set(name, heldOf(old));
  }

  fallSilent(): void {
    this.silent = true;
  }

  async ask(): Promise<ReplicaAnswer[]> {
    this.looks++;
    const { current } = await new RotationFiles(path).read();
    if (this.#random() < 0.7) this.replica = heldOf(current);
    for (const name of this.proxies.keys())
      if (!this.frozen.has(name) && this.#random() < 0.7) this.proxies.set(name, { ...this.replica });
    this.check();
    if (this.silent) return [{ replica: 'one', report: 'connect ECONNREFUSED' }];
    return [{ replica: 'one', report: this.report() }];
  }

  /** Whoever calls whom, the one's certificate is trusted by the other. */
  check(): void {
    const roots = new Map([old, made, later].map((root) => [heldOf(root).issuer, heldOf(root).roots[0]]));
    for (const [who, { issuer }] of this.proxies)
      for (const [other, held] of this.proxies) expect(held.roots, `${other} of ${who}`).toContain(roots.get(issuer));
  }

  report(): RootReport {
    const facts = (fingerprint: string) => ({ fingerprint, subject: '', notBefore: '', notAfter: '' });
    const { issuer, roots } = this.replica;
    return {
      ...{ instance: 'one', ready: true, issuer: facts(issuer), roots: roots.map(facts), serving: issuer },
      unpublished: [],
      workloads: [...this.proxies.keys(), ...this.gone],
      proxies: [...this.proxies].map(([proxy, held]) => ({
        ...{ proxy, connectedAt: '' },
        roots: { state: 'held', fingerprints: held.roots },
        certificate: { state: 'held', fingerprints: [held.issuer] },
      })),
    };
  }
}

let time = 0;
const timing = {
  now: () => time,
  sleep: async (ms: number) => {
    time += ms;
  },
  pollMs: 1000,
  timeoutMs: 60_000,
  mountMs: 0,
};

async function run(
  world: World,
  more: Partial<Pick<RotationOptions, 'store' | 'without' | 'until' | 'mountMs'>> & {
    make?: () => Promise<MeshRoot>;
  } = {},
): Promise<RotationProgress & { seen: string[] }> {
  const { store = new RotationFiles(path), make = async () => made, ...rest } = more;
  const seen: string[] = [];
  await beginRotation({ store, given: undefined, make, now: new Date() });
  const end = await rotate({
    ...{ store, ask: () => world.ask(), ...timing, ...rest },
    onProgress: ({ stage }) => {
      if (seen.at(-1) !== stage) seen.push(stage);
    },
  });
  return { ...end, seen };
}

const stored = () => new RotationFiles(path).read();
const issuerNow = async () => fingerprintsOf((await stored()).current.certificatePem);

test('from one root to another, by trust, switch and retire; nothing is left beside it', async () => {
  const { seen, behind } = await run(new World(['a', 'b']));
  expect({ seen, behind }).toEqual({ seen: ['trust', 'switch', 'retire', 'none'], behind: [] });
  const { current } = await stored();
  expect(heldOf(current)).toEqual(heldOf(made));
  expect(await readdir(folder)).toEqual(['mesh-root.pem']);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a proxy that does not follow stops it before the step that would cut it off, and it goes on from there', async () => {
  const world = new World(['a', 'b']);
  world.frozen.add('b');
  const { stage, behind } = await run(world);
  expect(stage).toBe('trust');
  expect(behind).toEqual([{ who: 'b', kind: 'proxy', why: 'it does not have the roots yet' }]);
  expect(await issuerNow()).toEqual(fingerprintsOf(old.certificatePem));
  world.frozen.clear();
  expect((await run(world)).seen).toEqual(['trust', 'switch', 'retire', 'none']);
});

test('a proxy that has the roots and no new certificate stops it, too', async () => {
  const world = new World(['a', 'b']);
  const store = new RotationFiles(path);
  await beginRotation({ store, given: undefined, make: async () => made, now: new Date() });
  const frozenOnceSwitched: RotationStore = {
    ...{ place: path, nextPlace: `${path}.next` },
    read: () => store.read(),
    prepare: (next) => store.prepare(next),
    finish: (read) => store.finish(read),
    replace: (root, read) => {
      if (stageOf(read) === 'trust') world.frozen.add('b');
      return store.replace(root, read);
    },
  };
  const { stage, behind } = await run(world, { store: frozenOnceSwitched });
  expect({ stage, who: behind.map(({ who }) => who) }).toEqual({ stage: 'switch', who: ['b'] });
});

test.each([
  ['a pod whose proxy is not connected', (world: World) => void world.gone.add('c'), 'c', 'its proxy is not connected'],
  ['a replica that does not answer', (world: World) => world.fallSilent(), 'one', 'ECONNREFUSED'],
])('%s is named', async (_, disturb, who, why) => {
  const world = new World(['a']);
  disturb(world);
  const { stage, behind } = await run(world);
  expect(stage).toBe('trust');
  expect(behind).toEqual([expect.objectContaining({ who, why: expect.stringContaining(why) })]);
});

test('a pod that the operator gives up is not waited for', async () => {
  const world = new World(['a']);
  world.gone.add('c');
  expect((await run(world, { without: new Set(['c']) })).behind).toEqual([]);
});

test('it goes no further than it is told to, also where it is further already', async () => {
  const world = new World(['a']);
  expect(await run(world, { until: 'switch' })).toEqual({ stage: 'switch', behind: [], seen: ['trust', 'switch'] });
  const { revision } = await stored();
  for (const until of ['trust', 'switch'] as const)
    expect(await run(world, { until })).toEqual({ stage: 'switch', behind: [], seen: ['switch'] });
  expect((await stored()).revision).toBe(revision);
  expect((await run(world)).seen).toEqual(['switch', 'retire', 'none']);
});

test('before the new root signs, the kubelets have their time', async () => {
  const begun = time;
  await run(new World(['a']), { mountMs: 120_000 });
  expect(time - begun).toBeGreaterThanOrEqual(120_000);
});

test('killed anywhere and run again it comes to its end, and nobody is ever cut off', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(12), { minLength: 1, maxLength: 6 }),
      fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 20, maxLength: 60 }),
      async (deaths, luck) => {
        await rm(`${path}.next`, { force: true });
        await rm(path, { force: true });
        await new MeshRootFile(path).save(old);
        let turn = 0;
        const world = new World(['a', 'b', 'c'], () => luck[turn++ % luck.length] ?? 0);
        // Luck that never lets anyone follow is no mesh.
        if (luck.every((value) => value >= 0.7)) return;
        const isOver = async () => heldOf((await stored()).current).roots.join() === heldOf(made).roots.join();
        for (const death of deaths) if (!(await isOver())) await run(world, { store: dying(death) }).catch(expectDeath);
        const left = (await isOver()) && (await stored()).next === undefined;
        if (!left) expect((await run(world)).behind).toEqual([]);
        expect(heldOf((await stored()).current)).toEqual(heldOf(made));
      },
    ),
    { numRuns: 40 },
  );
});

class Death extends Error {}
const expectDeath = (error: unknown): void => expect(error).toBeInstanceOf(Death);

/** Dies at its n-th act, before or after the act itself. */
function dying(after: number): RotationStore {
  const store = new RotationFiles(path);
  let acts = 0;
  const act = async <T>(run: () => Promise<T>): Promise<T> => {
    if (acts++ === after) throw new Death();
    const result = await run();
    if (acts++ === after) throw new Death();
    return result;
  };
  return {
    ...{ place: path, nextPlace: `${path}.next` },
    read: () => act(() => store.read()),
    prepare: (next) => act(() => store.prepare(next)),
    replace: (root, read) => act(() => store.replace(root, read)),
    finish: (read) => act(() => store.finish(read)),
  };
}

test('two operators at once do the same rotation, once', async () => {
  const world = new World(['a', 'b']);
  const both = await Promise.all([run(world), run(world, { make: async () => later })]);
  for (const { behind } of both) expect(behind).toEqual([]);
  const end = heldOf((await stored()).current);
  expect([heldOf(made), heldOf(later)]).toContainEqual(end);
  expect(await readdir(folder)).toEqual(['mesh-root.pem']);
});

test('a write that comes too late changes nothing', async () => {
  const store = new RotationFiles(path);
  const read = await store.read();
  await new RotationFiles(path).replace(made, read);
  expect(await store.replace(later, read)).toBe(false);
  expect(await store.finish(read)).toBe(false);
  expect(heldOf((await stored()).current)).toEqual(heldOf(made));
});

test('the lock of a writer that was killed holds nobody up for long', async () => {
  await writeFile(`${path}.lock`, '');
  const past = new Date(Date.now() - 31_000);
  const { utimes } = await import('node:fs/promises');
  await utimes(`${path}.lock`, past, past);
  expect((await run(new World(['a']))).behind).toEqual([]);
});

describe('what it begins with', () => {
  const begin = (given?: MeshRoot) =>
    beginRotation({ store: new RotationFiles(path), given, make: async () => made, now: new Date() });

  test('no file, a file that is none, an ended root', async () => {
    await rm(path);
    await expect(begin()).rejects.toMatchObject({ code: 'OR2243', at: path });
    await writeFile(path, 'nonsense');
    await expect(begin()).rejects.toMatchObject({ code: 'OR2201' });
    const ended = await makeMeshRoot(new Date(Date.now() - 4000 * 86_400_000));
    await rm(path);
    await new MeshRootFile(path).save(ended);
    await expect(begin()).rejects.toMatchObject({ code: 'OR2202' });
  });

  test('a root that cannot be used, the one in use, another while one is under way', async () => {
    await expect(begin({ ...made, privateKeyPem: old.privateKeyPem })).rejects.toMatchObject({ code: 'OR2201' });
    await expect(begin(old)).rejects.toMatchObject({ code: 'OR2240' });
    expect(await begin(made)).toBe('begun');
    expect(await begin()).toBe('taken up');
    expect(await begin(made)).toBe('taken up');
    await expect(begin(later)).rejects.toMatchObject({ code: 'OR2241' });
    expect(await readFile(`${path}.next`, 'utf8')).toContain(made.privateKeyPem.trim());
    expect((await stat(`${path}.next`)).mode & 0o777).toBe(0o600);
  });

  test('what waits beside it is damaged: it is named, with a remedy, before anything is done', async () => {
    const damages = [
      'nonsense',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      `${made.certificatePem}${old.privateKeyPem}`,
    ];
    for (const damage of damages) {
      await writeFile(`${path}.next`, damage);
      const before = await readFile(path, 'utf8');
      await expect(begin(), damage).rejects.toMatchObject({ code: 'OR2242', at: `${path}.next` });
      expect(await readFile(path, 'utf8')).toBe(before);
    }
  });

  test('roots of others stay in the bundle', async () => {
    await rm(path);
    await new MeshRootFile(path).save({ ...old, rootsPem: `${old.rootsPem}${later.rootsPem}` });
    const world = new World(['a']);
    world.replica = heldOf((await stored()).current);
    world.proxies.set('a', world.replica);
    await run(world);
    expect(heldOf((await stored()).current).roots).toEqual(
      [...fingerprintsOf(made.rootsPem), ...fingerprintsOf(later.rootsPem)].sort(),
    );
  });

  test("an intermediate of the user's own from a folder; then it takes another of theirs", async () => {
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await writeFile(join(folder, 'ext'), 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n');
    openssl('req', '-x509', ...key, '-keyout', 'root.key', '-out', 'root-cert.pem', '-subj', '/CN=own root');
    openssl('req', ...key, '-keyout', 'ca-key.pem', '-out', 'ca.csr', '-subj', '/CN=own intermediate');
    const signing = ['-CA', 'root-cert.pem', '-CAkey', 'root.key', '-CAcreateserial', '-extfile', 'ext', '-days', '30'];
    openssl('x509', '-req', '-in', 'ca.csr', '-out', 'ca-cert.pem', ...signing);
    const given = await readGivenRoot(folder);
    expect(await begin(given)).toBe('begun');
    const world = new World([]);
    await run(world);
    const { current } = await stored();
    expect(certificateFacts(current.certificatePem).map(({ subject }) => subject)).toEqual(['CN=own intermediate']);
    expect(certificateFacts(current.rootsPem).map(({ subject }) => subject)).toEqual(['CN=own root']);
    await expect(begin()).rejects.toMatchObject({ code: 'OR2240' });
    await rm(join(folder, 'ca-key.pem'));
    await expect(readGivenRoot(folder)).rejects.toMatchObject({ code: 'OR2201' });
    await chmod(folder, 0o700);
  });
});
