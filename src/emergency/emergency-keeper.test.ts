import { expect, test } from 'vitest';
import { OutriggerError } from '../errors.ts';
import type { SourceObject } from '../source/object-source.ts';
import { EmergencyKeeper } from './emergency-keeper.ts';

const start = Date.parse('2026-11-21T10:00:00Z');
const minute = 60_000;

/** A cluster that keeps the names of Events, and time that passes when it is told to. */
class World {
  now = start;
  readonly events = new Map<string, { type: string; reason: string; message: string }>();
  readonly removed: string[] = [];
  readonly told: string[] = [];
  refuses = false;
  readonly #timers: { at: number; run: () => void }[] = [];

  readonly after = (ms: number, run: () => void) => {
    const timer = { at: this.now + ms, run };
    this.#timers.push(timer);
    return () => void this.#timers.splice(0, this.#timers.length, ...this.#timers.filter((one) => one !== timer));
  };

  async pass(ms: number): Promise<void> {
    await settled();
    const end = this.now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.now = next.at;
      next.run();
      await settled();
    }
    this.now = end;
  }

  replica() {
    const leadership = { leads: false, needed: false, listeners: [] as (() => void)[] };
    const keeper = new EmergencyKeeper({
      cluster: {
        create: async (_, body) => {
          if (this.refuses) throw new OutriggerError('OR2503', 'POST events');
          const { metadata, ...event } = body as {
            metadata: { name: string };
            type: string;
            reason: string;
            message: string;
          };
          if (this.events.has(metadata.name)) throw new OutriggerError('OR2505', metadata.name);
          this.events.set(metadata.name, event);
          return {};
        },
        remove: async (path, preconditions) => {
          this.removed.push(`${path} ${preconditions?.uid}`);
          return true;
        },
      },
      leadership: {
        get leads() {
          return leadership.leads;
        },
        start: () => {},
        need: () => {
          leadership.needed = true;
        },
        onLead: (listener) => void leadership.listeners.push(listener),
      },
      now: () => this.now,
      after: this.after,
      onProblem: ({ code }) => void this.told.push(code),
    });
    const lead = (leads: boolean) => {
      leadership.leads = leads;
      if (leads) for (const listener of leadership.listeners) listener();
    };
    return { keeper, leadership, lead, put: (...upserts: SourceObject[]) => keeper.apply({ upserts, removals: [] }) };
  }

  get messages(): string[] {
    return [...this.events.values()].map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function emergency(name: string, ttl = '15m', createdAt = start): SourceObject {
  const place = { kind: 'Emergency', namespace: 'shop', name };
  const metadata = {
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    creationTimestamp: new Date(createdAt).toISOString(),
  };
  const spec = { level: 'authz', ttl, reason: 'INC-7', by: 'alice', selector: { matchLabels: { app: 'cart' } } };
  return { apiVersion: 'outrigger.io/v1alpha1', ...place, object: { metadata, spec }, origin: place };
}

const begun = 'Warning EmergencyBegun: authz of app=cart until 2026-11-21T10:15:00.000Z, by alice: INC-7';
const over = 'Normal EmergencyOver: authz of app=cart is over: its time has come';

test('of several replicas the one that leads tells of the begin and the end, once, and removes it an hour after', async () => {
  const world = new World();
  const [first, second] = [world.replica(), world.replica()];
  for (const replica of [first, second]) replica.put(emergency('e'));
  expect(first.leadership.needed).toBe(true);
  await world.pass(1);
  expect(world.messages).toEqual([]);
  first.lead(true);
  await world.pass(minute);
  expect(world.messages).toEqual([begun]);
  // Another takes over, and would tell it again.
  first.lead(false);
  second.lead(true);
  await world.pass(20 * minute);
  expect(world.messages).toEqual([begun, over]);
  expect(world.removed).toEqual([]);
  await world.pass(60 * minute);
  expect(world.removed).toEqual(['/apis/outrigger.io/v1alpha1/namespaces/shop/emergencies/e uid-e']);
  second.keeper.apply({ upserts: [], removals: ['Emergency shop/e'] });
  await world.pass(24 * 60 * minute);
  expect([world.messages, world.removed.length, world.told]).toEqual([[begun, over], 1, []]);
});

test('one that somebody deletes is told of once, by who has done it if they say so', async () => {
  const world = new World();
  const { put, lead, keeper } = world.replica();
  lead(true);
  put(emergency('said'), emergency('unsaid'));
  await world.pass(1);
  keeper.apply({ upserts: [], removals: ['Emergency shop/said', 'Emergency shop/unsaid'] });
  await world.pass(1000);
  world.events.set('emergency-uid-said.over', { type: 'Normal', reason: 'EmergencyOver', message: 'by alice' });
  await world.pass(5000);
  expect(world.messages.slice(2)).toEqual([
    'Normal EmergencyOver: by alice',
    'Normal EmergencyOver: authz of app=cart was ended before its time',
  ]);
});

test('what was over before Events live is removed, and told to nobody; one of a file has no Event', async () => {
  const world = new World();
  const { put, lead } = world.replica();
  lead(true);
  const file = emergency('file');
  put(emergency('old', '15m', start - 76 * minute), {
    ...file,
    object: { ...file.object, metadata: { name: 'file' } },
  });
  await world.pass(1);
  expect([world.messages, world.removed.length]).toEqual([[], 1]);
});

test('what is refused is reported once and tried again', async () => {
  const world = new World();
  world.refuses = true;
  const { put, lead } = world.replica();
  lead(true);
  put(emergency('e'));
  await world.pass(2 * minute);
  expect([world.messages, world.told]).toEqual([[], ['OR2565']]);
  world.refuses = false;
  await world.pass(minute);
  expect(world.messages).toEqual([begun]);
});
