import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { OutriggerError } from '../errors.ts';
import type { Workload } from '../model/workload.ts';
import { Learner, type LearnerOptions } from './learner.ts';
import { ScopeFolder } from './scope-folder.ts';
import type { ScopeStore, StoredText } from './scope-store.ts';

const dayMs = 86_400_000;
const start = Date.parse('2026-11-21T10:00:00Z');

/** As the API server: a write under an old version is refused. */
class Versions implements ScopeStore {
  readonly texts = new Map<string, StoredText>();
  writes = 0;
  broken = false;
  #version = 0;

  async read(): Promise<ReadonlyMap<string, StoredText>> {
    if (this.broken) throw new OutriggerError('OR2480', 'GET answered 403');
    return new Map(this.texts);
  }

  async write(namespace: string, text: string, before: StoredText | undefined): Promise<boolean> {
    if (this.broken) throw new OutriggerError('OR2480', 'PUT answered 403');
    this.writes++;
    if (this.texts.get(namespace)?.version !== before?.version) return false;
    this.texts.set(namespace, { text, version: String(++this.#version) });
    return true;
  }
}

function world(store: ScopeStore = new Versions(), more: Partial<LearnerOptions> = {}) {
  const clock = { now: start };
  const problems: string[] = [];
  const learner = new Learner({
    ...{ store, keepDays: 30, relearnDays: 7, now: () => clock.now, after: () => () => undefined },
    onProblem: ({ code }) => problems.push(code),
    ...more,
  });
  return { learner, clock, problems };
}

const pod = (workloadName = 'web'): Workload =>
  ({ namespace: 'default', workloadName, labels: { app: workloadName } }) as unknown as Workload;
const cluster = (name: string) => ({ kind: 'cluster', name, service: `default/${name}` }) as const;
const namesOf = (uses: readonly { readonly name: string }[]) => uses.map(({ name }) => name);

test('what one pod asks for, the next has', () => {
  const { learner } = world();
  const first = learner.open(pod());
  expect(first.recall()).toEqual([]);
  first.use([cluster('a'), cluster('b')]);
  expect(namesOf(learner.open(pod()).recall())).toEqual(['a', 'b']);
  expect(learner.open(pod('other')).recall()).toEqual([]);
});

test('after so many days one pod begins with nothing, and the next has everything again', () => {
  const { learner, clock } = world();
  learner.open(pod()).use([cluster('a')]);
  clock.now += 7 * dayMs;
  expect(learner.open(pod()).recall()).toEqual([]);
  expect(namesOf(learner.open(pod()).recall())).toEqual(['a']);
});

test('what nobody asks for is forgotten, and what a living pod asked for is not', async () => {
  const { learner, clock } = world();
  const living = learner.open(pod());
  living.use([cluster('used')]);
  const gone = learner.open(pod());
  gone.use([cluster('once')]);
  gone.close();
  clock.now += 29 * dayMs;
  await learner.save();
  expect([...(learner.scopes.get('default/web')?.uses.keys() ?? [])]).toEqual(['cluster once', 'cluster used']);
  clock.now += 2 * dayMs;
  await learner.save();
  expect([...(learner.scopes.get('default/web')?.uses.keys() ?? [])]).toEqual(['cluster used']);
});

test('replicas learn from each other, and none undoes what another wrote', async () => {
  const store = new Versions();
  const [one, two] = [world(store), world(store)];
  await one.learner.start(AbortSignal.abort());
  await two.learner.start(AbortSignal.abort());
  one.learner.open(pod()).use([cluster('a')]);
  two.learner.open(pod()).use([cluster('b')]);
  await one.learner.save();
  await two.learner.save();
  await one.learner.save();
  for (const { learner } of [one, two, await started(store)])
    expect([...(learner.scopes.get('default/web')?.uses.keys() ?? [])]).toEqual(['cluster a', 'cluster b']);
});

async function started(store: ScopeStore) {
  const made = world(store);
  await made.learner.start(AbortSignal.abort());
  return made;
}

test('nothing new is nothing written', async () => {
  const store = new Versions();
  const { learner } = world(store);
  const memory = learner.open(pod());
  memory.use([cluster('a')]);
  await learner.save();
  expect(store.writes).toBe(1);
  memory.use([cluster('a')]);
  await learner.save();
  await learner.save();
  expect(store.writes).toBe(1);
});

test('a day that is still to come, from a clock that ran ahead or by hand, is no later than tomorrow', async () => {
  const store = new Versions();
  const uses = [
    ['cluster', 'a', 'default/a', '2099-01-01'],
    ['cluster', 'b', 'default/b', '2026-02-31'],
    ['cluster', 'c', '*\n  - evil', '2026-11-20'],
  ];
  const text = JSON.stringify({ version: 1, workloads: { web: { labels: {}, sampled: '2099-01-01', uses } } });
  store.texts.set('default', { text, version: '7' });
  const { learner, clock } = world(store);
  await learner.start(AbortSignal.abort());
  const web = learner.scopes.get('default/web');
  expect([...(web?.uses.values() ?? [])].map(({ name, day }) => [name, day])).toEqual([['a', '2026-11-22']]);
  expect(web?.sampled).toBe('2026-11-22');
  await learner.save();
  clock.now += 40 * dayMs;
  await learner.save();
  expect(learner.scopes.size).toBe(0);
});

test('saving goes on without leaving anything behind, until it is stopped', async () => {
  const timers: (() => void)[] = [];
  const { learner } = world(new Versions(), {
    after: (_, task) => {
      timers.push(task);
      return () => timers.splice(timers.indexOf(task), 1);
    },
  });
  const abort = new AbortController();
  const listen = vi.spyOn(abort.signal, 'addEventListener');
  await learner.start(abort.signal);
  for (let round = 0; round < 5; round++) {
    timers.shift()?.();
    await eventually(() => expect(timers).toHaveLength(1));
  }
  expect(listen).toHaveBeenCalledTimes(1);
  abort.abort();
  expect(timers).toEqual([]);
});

test('a store that refuses is told of once, and nothing is lost until it takes again', async () => {
  const store = new Versions();
  const { learner, problems } = world(store);
  store.broken = true;
  await learner.start(AbortSignal.abort());
  learner.open(pod()).use([cluster('a')]);
  await learner.save();
  await learner.save();
  expect(problems).toEqual(['OR2480']);
  expect(namesOf(learner.open(pod()).recall())).toEqual(['a']);
  store.broken = false;
  await learner.save();
  expect(store.texts.get('default')?.text).toContain('"a"');
  store.broken = true;
  learner.open(pod()).use([cluster('b')]);
  await learner.save();
  expect(problems).toEqual(['OR2480', 'OR2480']);
});

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test('in a folder: a file for each namespace, and a broken one is as none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-learning-'));
  folders.push(folder);
  const place = join(folder, 'learnt-scopes');
  const { learner, problems } = await started(new ScopeFolder(place));
  learner.open(pod()).use([cluster('a')]);
  await learner.save();
  expect(readdirSync(place)).toEqual(['default.json']);
  expect(JSON.parse(readFileSync(join(place, 'default.json'), 'utf8'))).toMatchObject({ version: 1 });
  const again = await started(new ScopeFolder(place));
  expect(namesOf(again.learner.open(pod()).recall())).toEqual(['a']);
  writeFileSync(join(place, 'default.json'), '{"version": 1,');
  writeFileSync(join(place, 'notes.txt'), 'mine');
  const broken = await started(new ScopeFolder(place));
  expect(broken.learner.open(pod()).recall()).toEqual([]);
  writeFileSync(join(folder, 'file'), '');
  const nowhere = await started(new ScopeFolder(join(folder, 'file')));
  expect([...problems, ...broken.problems, ...nowhere.problems]).toEqual(['OR2480']);
});
