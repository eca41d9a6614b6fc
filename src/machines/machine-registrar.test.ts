import { expect, test } from 'vitest';
import type { WorkloadGroup } from '../schema/kinds.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { RegisteredEntry } from './entry-of.ts';
import { LocalEntries } from './local-entries.ts';
import { MachineRegistrar } from './machine-registrar.ts';

const spec: WorkloadGroup['spec'] = { template: { serviceAccount: 'ledger' } };
const machine = { group: { name: 'ledger', namespace: 'shop', spec }, name: 'ledger-1', address: '10.9.0.1' };

/** Replicas that see one store, each with its own clocks. */
function world() {
  const store = new LocalEntries();
  const present = new Map<string, SourceObject>();
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const problems: string[] = [];
  const time = { now: 0 };
  const after = (ms: number, run: () => void) => {
    const timer = { at: time.now + ms, run };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const replicas: MachineRegistrar[] = [];
  store.onObjects((changes) => {
    for (const object of changes.upserts) present.set(object.name, object);
    for (const key of changes.removals) present.delete(key.slice(key.indexOf('/') + 1));
    for (const replica of replicas) replica.apply(changes);
  });
  const pass = async (ms: number) => {
    const end = time.now + ms;
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      timers.delete(next);
      time.now = next.at;
      next.run();
      // Writes end in a few turns of the queue.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
    time.now = end;
  };
  const replica = (more: { put?: (entry: RegisteredEntry) => Promise<void> } = {}) => {
    const abort = new AbortController();
    let alive = true;
    const made = new MachineRegistrar({
      store: {
        put: (entry) => (more.put ?? ((one) => store.put(one)))(entry),
        judge: (entry) => store.judge(entry),
        remove: (entry) => store.remove(entry),
      },
      now: () => new Date(time.now),
      steady: () => time.now,
      after: (ms, run) => after(ms, () => alive && run()),
      onProblem: ({ code }) => problems.push(code),
    });
    made.start(abort.signal);
    replicas.push(made);
    const die = () => {
      alive = false;
      abort.abort();
      replicas.splice(replicas.indexOf(made), 1);
    };
    return Object.assign(made, { die });
  };
  return { store, present, pass, replica, problems };
}

test('an entry is there while a stream is, and ten seconds longer', async () => {
  const { present, pass, replica } = world();
  const leave = await replica().join(machine);
  expect(present.get('ledger-1')?.object).toMatchObject({
    kind: 'WorkloadEntry',
    metadata: { annotations: { 'istio.io/autoRegistrationGroup': 'ledger' } },
    spec: { address: '10.9.0.1', serviceAccount: 'ledger' },
  });
  await pass(3_600_000);
  expect(present.size).toBe(1);
  leave();
  leave();
  await pass(9_999);
  expect(present.size).toBe(1);
  await pass(1);
  expect(present.size).toBe(0);
});

test('of two streams the last one counts, and a machine that comes back in time stays', async () => {
  const { present, pass, replica } = world();
  const one = replica();
  const [first, second] = [await one.join(machine), await one.join(machine)];
  first();
  await pass(600_000);
  expect(present.size).toBe(1);
  second();
  await pass(5_000);
  const third = await one.join(machine);
  await pass(600_000);
  expect(present.size).toBe(1);
  third();
  await pass(10_000);
  expect(present.size).toBe(0);
});

test('a machine that went to another replica is not removed by the first', async () => {
  const { present, pass, replica } = world();
  const leave = await replica().join(machine);
  const second = replica();
  leave();
  await pass(5_000);
  await second.join(machine);
  await pass(3_600_000);
  expect(present.size).toBe(1);
});

test('what a dead replica leaves behind is removed by another, once nobody has renewed it for three minutes', async () => {
  const { present, pass, replica } = world();
  const first = replica();
  await first.join(machine);
  const second = replica();
  await pass(3_600_000);
  first.die();
  await pass(120_000);
  expect(present.size).toBe(1);
  await pass(180_000);
  expect(present.size).toBe(0);
  await second.join(machine);
  expect(present.size).toBe(1);
});

test('an entry that somebody wrote is never removed', async () => {
  const { store, pass, replica } = world();
  const one = replica();
  const metadata = { name: 'x', namespace: 'shop', labels: {}, annotations: {} };
  const entry = { apiVersion: 'networking.istio.io/v1', kind: 'WorkloadEntry', metadata, spec: {} };
  one.apply({
    upserts: [
      {
        ...entry,
        ...metadata,
        object: entry as never,
        origin: { kind: 'WorkloadEntry', namespace: 'shop', name: 'x' },
      },
    ],
    removals: [],
  });
  const removed: string[] = [];
  store.remove = async ({ name }) => void removed.push(name);
  await pass(3_600_000);
  expect(removed).toEqual([]);
});

test('what cannot be written turns the machine away; what cannot be renewed is told once, and tried again', async () => {
  const { present, pass, replica, problems, store } = world();
  let broken = true;
  const one = replica({ put: async (entry) => (broken ? Promise.reject(new Error('403')) : store.put(entry)) });
  await expect(one.join(machine)).rejects.toMatchObject({ code: 'OR2412' });
  await pass(10_000);
  broken = false;
  await one.join(machine);
  broken = true;
  await pass(125_000);
  expect(problems).toEqual(['OR2412']);
  broken = false;
  await pass(600_000);
  expect([problems, present.size]).toEqual([['OR2412'], 1]);
});

test('a stream that is turned away takes nothing from the one before it', async () => {
  const { present, pass, replica, store } = world();
  let broken = false;
  const one = replica({ put: async (entry) => (broken ? Promise.reject(new Error('503')) : store.put(entry)) });
  await one.join(machine);
  replica();
  broken = true;
  await expect(one.join(machine)).rejects.toMatchObject({ code: 'OR2412' });
  broken = false;
  await pass(3_600_000);
  expect(present.size).toBe(1);
});

function groupOf(uid: string, serviceAccount = 'ledger'): SourceObject {
  const place = { kind: 'WorkloadGroup', namespace: 'shop', name: 'ledger' };
  const object = { metadata: { uid }, spec: { template: { serviceAccount } } };
  return { apiVersion: 'networking.istio.io/v1', ...place, object, origin: place };
}
const owners = (source: SourceObject | undefined) =>
  (source?.object as unknown as RegisteredEntry | undefined)?.metadata.ownerReferences?.map(({ uid }) => uid);

test('an entry belongs to its group, is gone with it, and is back with it', async () => {
  const { present, pass, replica } = world();
  const one = replica();
  one.apply({ upserts: [groupOf('1')], removals: [] });
  await one.join(machine);
  expect(present.get('ledger-1')?.object['metadata']).toMatchObject({
    ownerReferences: [{ kind: 'WorkloadGroup', name: 'ledger', uid: '1', controller: true }],
  });
  one.apply({ upserts: [], removals: ['WorkloadGroup shop/ledger'] });
  await pass(3_600_000);
  expect(present.size).toBe(0);
  one.apply({ upserts: [groupOf('2', 'other')], removals: [] });
  await pass(3_600_000);
  expect(present.size).toBe(0);
  one.apply({ upserts: [groupOf('2')], removals: [] });
  await pass(1000);
  expect(owners(present.get('ledger-1'))).toEqual(['2']);
  one.apply({ upserts: [groupOf('3')], removals: [] });
  await pass(3_600_000);
  expect(owners(present.get('ledger-1'))).toEqual(['3']);
});

test('an entry that a group did not take back goes with its stream', async () => {
  const { present, pass, replica, problems } = world();
  const one = replica();
  one.apply({ upserts: [groupOf('1')], removals: [] });
  const leave = await one.join(machine);
  one.apply({ upserts: [], removals: ['WorkloadGroup shop/ledger'] });
  leave();
  await pass(10_000);
  one.apply({ upserts: [groupOf('1')], removals: [] });
  await pass(3_600_000);
  expect([present.size, problems]).toEqual([0, []]);
});

test('a machine with a probe is unhealthy until it succeeds, and what it says last stays', async () => {
  const { present, pass, replica } = world();
  const one = replica();
  const probe = { tcpSocket: { port: 80 } };
  const probed = { ...machine, isProbing: true, group: { ...machine.group, spec: { ...spec, probe } } };
  const health = () =>
    (present.get('ledger-1')?.object as unknown as RegisteredEntry | undefined)?.metadata.annotations;
  one.judge(probed, 'healthy');
  const leave = await one.join(probed);
  expect(health()).toMatchObject({ 'proxy.outrigger.io/health': 'unhealthy' });
  one.judge(probed, 'healthy');
  await pass(120_000);
  expect(health()).toMatchObject({ 'proxy.outrigger.io/health': 'healthy' });
  leave();
  await one.join(probed);
  expect(health()).toMatchObject({ 'proxy.outrigger.io/health': 'healthy' });
  one.judge(probed, 'unhealthy');
  await pass(1);
  expect(health()).toMatchObject({ 'proxy.outrigger.io/health': 'unhealthy' });
});

/** All that can be done by now. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const probe = { tcpSocket: { port: 80 } };
const probedMachine = { ...machine, isProbing: true, group: { ...machine.group, spec: { ...spec, probe } } };
const healthOf = (source: SourceObject | undefined) =>
  (source?.object as unknown as RegisteredEntry | undefined)?.metadata.annotations['proxy.outrigger.io/health'];

test('a probe that flaps is not written each time, and what it says last is, as soon as it says it again', async () => {
  const { present, pass, replica, store } = world();
  let writes = 0;
  const one = replica({
    put: (entry) => {
      writes += 1;
      return store.put(entry);
    },
  });
  await one.join(probedMachine);
  for (let turn = 0; turn < 1000; turn++) {
    one.judge(probedMachine, turn % 2 === 0 ? 'healthy' : 'unhealthy');
    await pass(1);
  }
  expect(writes).toBeLessThan(4);
  await pass(5000);
  one.judge(probedMachine, 'healthy');
  await pass(1);
  expect(healthOf(present.get('ledger-1'))).toBe('healthy');
});

test('writes of one entry come one after the other, and the last of them tells what holds', async () => {
  const { present, replica, store } = world();
  const waiting: (() => void)[] = [];
  const one = replica({
    put: (entry) =>
      new Promise<void>((resolve) => {
        waiting.push(() => void store.put(entry).then(resolve));
      }),
  });
  const joining = one.join(probedMachine);
  one.judge(probedMachine, 'healthy');
  await settled();
  expect(waiting.length).toBe(1);
  while (waiting.length > 0) {
    // What was asked for last is answered first.
    waiting.pop()?.();
    await settled();
  }
  await joining;
  one.judge(probedMachine, 'healthy');
  await settled();
  waiting.pop()?.();
  await settled();
  expect(healthOf(present.get('ledger-1'))).toBe('healthy');
});

test('what cannot be written is written when the probe says it again', async () => {
  const { present, pass, replica, store } = world();
  let broken = false;
  const one = replica({ put: async (entry) => (broken ? Promise.reject(new Error('503')) : store.put(entry)) });
  await one.join(probedMachine);
  broken = true;
  one.judge(probedMachine, 'healthy');
  await settled();
  await pass(5000);
  broken = false;
  one.judge(probedMachine, 'healthy');
  await settled();
  expect(healthOf(present.get('ledger-1'))).toBe('healthy');
});

test('a machine that comes to another replica is as well as it was', async () => {
  const { present, pass, replica } = world();
  const first = replica();
  const second = replica();
  await first.join(probedMachine);
  first.judge(probedMachine, 'healthy');
  await pass(1000);
  first.die();
  await second.join(probedMachine);
  expect(healthOf(present.get('ledger-1'))).toBe('healthy');
});

test('a replica that has no stream of a machine any more writes nothing of it', async () => {
  const { present, pass, replica } = world();
  const first = replica();
  const second = replica();
  const leave = await first.join(probedMachine);
  leave();
  await pass(1000);
  await second.join(probedMachine);
  first.judge(probedMachine, 'healthy');
  await settled();
  await pass(30_000);
  expect(present.size).toBe(1);
});

test('who is of another group tells nothing of a machine, whatever its name', async () => {
  const { present, pass, replica } = world();
  const one = replica();
  await one.join(probedMachine);
  const { group } = probedMachine;
  one.judge({ ...probedMachine, group: { ...group, name: 'other' } }, 'healthy');
  one.judge({ ...probedMachine, group: { ...group, spec: { template: { serviceAccount: 'b' }, probe } } }, 'healthy');
  await pass(30_000);
  expect(healthOf(present.get('ledger-1'))).toBe('unhealthy');
});

test('what a probe says is written by the replica that hears it, and kept by the one that has the machine', async () => {
  const { present, pass, replica } = world();
  const [one, two] = [replica(), replica()];
  const leave = await one.join(probedMachine);
  const health = () => healthOf(present.get('ledger-1'));
  /** A second after the other, as Envoy tells. */
  const tell = async (by: typeof one, what: 'healthy' | 'unhealthy', seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      by.judge(probedMachine, what);
      await settled();
      await pass(1000);
    }
  };
  await tell(two, 'healthy', 1);
  expect(health()).toBe('healthy');
  // The first renews the entry each minute, and knows of no probe.
  await tell(two, 'healthy', 130);
  expect(health()).toBe('healthy');
  await tell(two, 'unhealthy', 6);
  expect(health()).toBe('unhealthy');
  await pass(130_000);
  expect(health()).toBe('unhealthy');
  // The stream of the probe comes to the replica that has the machine, and goes again.
  await tell(one, 'healthy', 6);
  expect(health()).toBe('healthy');
  await tell(two, 'unhealthy', 20);
  await tell(two, 'unhealthy', 70);
  expect(health()).toBe('unhealthy');
  leave();
  await pass(10_000);
  expect(present.size).toBe(0);
});

test('of a machine of another replica only its own group and account tell, and only where it can probe', async () => {
  const { present, pass, replica } = world();
  const [one, two] = [replica(), replica()];
  await one.join(probedMachine);
  const { group } = probedMachine;
  two.judge({ ...probedMachine, group: { ...group, name: 'other' } }, 'healthy');
  two.judge({ ...probedMachine, group: { ...group, spec: { template: { serviceAccount: 'b' }, probe } } }, 'healthy');
  await settled();
  await pass(6000);
  expect(healthOf(present.get('ledger-1'))).toBe('unhealthy');
  const plain = { ...machine, name: 'ledger-2' };
  await one.join(plain);
  two.judge(plain, 'healthy');
  await settled();
  expect(healthOf(present.get('ledger-2'))).toBeUndefined();
});
