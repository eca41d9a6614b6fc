import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import { ListWatch, type ListWatchTransport, type Page, TransportFailure } from './list-watch.ts';
import type { FailureKind, WatchEvent } from './list-watch-state.ts';

interface Item {
  readonly name: string;
  readonly value: number;
}

/** Time that stands still until the test moves it. */
class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Map<number, { at: number; run: () => void }>();
  #next = 0;

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + ms, run });
    return () => this.#timers.delete(id);
  }

  /** Runs the timer that is due first; false where there is none. */
  fire(): boolean {
    const due = [...this.#timers].sort((a, b) => a[1].at - b[1].at)[0];
    if (due === undefined) return false;
    this.#timers.delete(due[0]);
    this.#now = due[1].at;
    due[1].run();
    return true;
  }
}

/** A server with a history that can be cut off, and the one call that is open. */
class FakeServer implements ListWatchTransport<Item> {
  #version = 1;
  #horizon = 0;
  readonly #log: { version: number; type: 'ADDED' | 'MODIFIED' | 'DELETED'; item: Item }[] = [];
  readonly #items = new Map<string, Item>();
  readonly history = new Map<number, string>([[1, '[]']]);
  #open: { send: (event: WatchEvent<Item>) => void; end: () => void; fail: (error: Error) => void } | undefined;
  /** Fails this many of the next calls, with these kinds. */
  readonly faults: FailureKind[] = [];
  logins = 0;

  change(name: string, value: number | undefined): void {
    const known = this.#items.get(name);
    if (value === undefined && known === undefined) return;
    this.#version++;
    const item = value === undefined ? (known ?? { name, value: 0 }) : { name, value };
    const type = value === undefined ? 'DELETED' : known === undefined ? 'ADDED' : 'MODIFIED';
    if (value === undefined) this.#items.delete(name);
    else this.#items.set(name, item);
    this.#log.push({ version: this.#version, type, item });
    this.history.set(this.#version, show(this.#items.values()));
    this.#open?.send({ type, item, resourceVersion: String(this.#version) });
  }

  bookmark(): void {
    this.#open?.send({ type: 'BOOKMARK', resourceVersion: String(this.#version) });
  }

  /** Forgets the history: watches from before get 410. */
  compact(): void {
    this.#horizon = this.#version;
  }

  endWatch(): void {
    this.#open?.end();
  }

  break(kind: FailureKind): void {
    this.#open?.fail(new TransportFailure({ kind, message: kind }));
  }

  error(kind: FailureKind): void {
    this.#open?.send({ type: 'ERROR', failure: { kind, message: kind } });
  }

  get content(): string {
    return show(this.#items.values());
  }

  reauthenticate(): void {
    this.logins++;
  }

  async list(continueToken: string): Promise<Page<Item>> {
    this.#fault();
    const all = [...this.#items.values()];
    const from = continueToken === '' ? 0 : Number(continueToken);
    // The pages of one list come from one version only if nothing changed between; the fake then says 410, as a
    // server does whose snapshot is gone.
    if (from > 0 && this.#listVersion !== this.#version) throw new TransportFailure({ kind: 'gone', message: '410' });
    this.#listVersion = this.#version;
    const more = from + 2 < all.length;
    return {
      items: all.slice(from, from + 2),
      resourceVersion: String(this.#version),
      continueToken: more ? String(from + 2) : '',
    };
  }
  #listVersion = 0;

  watch(resourceVersion: string, onEvent: (event: WatchEvent<Item>) => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fault();
      if (Number(resourceVersion) < this.#horizon) throw new TransportFailure({ kind: 'gone', message: '410' });
      for (const entry of this.#log.filter((one) => one.version > Number(resourceVersion))) {
        onEvent({ type: entry.type, item: entry.item, resourceVersion: String(entry.version) });
      }
      this.#open = { send: onEvent, end: resolve, fail: reject };
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  }

  #fault(): void {
    const kind = this.faults.shift();
    if (kind !== undefined) throw new TransportFailure({ kind, message: kind });
  }
}

function show(items: Iterable<Item>): string {
  return JSON.stringify([...items].sort((a, b) => (a.name < b.name ? -1 : 1)));
}

function start(server: FakeServer, clock: Clock, random = () => 0.5) {
  const store = new Map<string, Item>();
  const seen: string[] = [];
  const note = () => seen.push(show(store.values()));
  const abort = new AbortController();
  const problems: string[] = [];
  const faults: string[] = [];
  const refuse = (item: Item) => {
    if (item.name.startsWith('bad')) throw new Error('not this one');
  };
  const listWatch = new ListWatch<Item>({
    transport: server,
    clock,
    random,
    idleMs: 1_000,
    sink: {
      replace: (items) => {
        for (const item of items) refuse(item);
        store.clear();
        for (const item of items) store.set(item.name, item);
        note();
      },
      upsert: (item) => {
        refuse(item);
        store.set(item.name, item);
        note();
      },
      remove: (item) => {
        store.delete(item.name);
        note();
      },
      problem: (failure) => problems.push(failure.kind),
      fault: (error, item) => faults.push(`${item?.name}: ${error}`),
    },
  });
  listWatch.start(abort.signal);
  return { store, seen, problems, faults, abort, listWatch };
}

/** Lets every settled promise be heard. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the driver of list and watch', () => {
  test('an object that its sink cannot take is named, the others are taken, and nothing is asked again', async () => {
    const server = new FakeServer();
    server.change('a', 1);
    server.change('bad', 1);
    const clock = new FakeClock();
    const run = start(server, clock);
    for (let turn = 0; turn < 5; turn++) await settle();
    expect(show(run.store.values())).toBe(show([{ name: 'a', value: 1 }]));
    server.change('bad', 2);
    server.change('b', 1);
    await settle();
    expect([...run.store.keys()]).toEqual(['a', 'b']);
    expect(run.faults).toEqual(['bad: Error: not this one', 'bad: Error: not this one']);
    expect([run.problems, run.listWatch.phase, run.listWatch.synced]).toEqual([[], 'watching', true]);
    run.abort.abort();
  });

  test('a half-open connection is given up and the watch resumed', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    const run = start(server, clock);
    await settle();
    clock.fire();
    expect(run.problems).toEqual(['idle']);
    clock.fire();
    await settle();
    server.change('a', 1);
    expect(show(run.store.values())).toBe(server.content);
  });

  test('what an abandoned call still says is not heard', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    const run = start(server, clock);
    await settle();
    clock.fire();
    server.change('a', 1);
    expect(run.store.size).toBe(0);
  });

  test('a list that answers after its time is not heard', async () => {
    const answers: ((page: Page<Item>) => void)[] = [];
    const server = new FakeServer();
    server.list = () => new Promise((resolve) => answers.push(resolve));
    const clock = new FakeClock();
    const run = start(server, clock);
    clock.fire();
    expect(run.problems).toEqual(['idle']);
    answers[0]?.({ items: [{ name: 'late', value: 1 }], resourceVersion: '1', continueToken: '' });
    await settle();
    expect([run.store.size, run.listWatch.synced]).toEqual([0, false]);
  });

  test('nothing happens after the end', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    const run = start(server, clock);
    await settle();
    run.abort.abort();
    await settle();
    server.change('a', 1);
    expect(clock.fire()).toBe(false);
    expect(run.store.size).toBe(0);
  });

  test('a refused login reads the credentials again', async () => {
    const server = new FakeServer();
    server.faults.push('unauthorized');
    const clock = new FakeClock();
    const run = start(server, clock);
    await settle();
    expect(server.logins).toBe(1);
    clock.fire();
    await settle();
    expect(run.listWatch.synced).toBe(true);
  });

  test('whatever fails, the store is always a state that the server had, never an older one, and ends equal', async () => {
    const kinds: FailureKind[] = [
      'gone',
      'unauthorized',
      'forbidden',
      'throttled',
      'refused',
      'unreachable',
      'idle',
      'garbage',
    ];
    const kind = fc.constantFrom(...kinds);
    const action = fc.oneof(
      fc.record({
        do: fc.constant('change' as const),
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        value: fc.option(fc.nat(9), { nil: undefined }),
      }),
      fc.record({ do: fc.constantFrom('fault' as const, 'break' as const, 'error' as const), kind }),
      fc.record({ do: fc.constantFrom('bookmark', 'compact', 'end', 'fire', 'settle') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const server = new FakeServer();
        const clock = new FakeClock();
        const run = start(server, clock);
        for (const one of actions) {
          perform(server, clock, one);
          if (one.do === 'settle' || one.do === 'fire') await settle();
        }
        server.faults.length = 0;
        for (let turn = 0; turn < 8; turn++) {
          await settle();
          clock.fire();
        }
        await settle();
        expect(show(run.store.values())).toBe(server.content);
        expectForward(run.seen, server.history);
        run.abort.abort();
      }),
      { numRuns: 300 },
    );
  });
});

type Action =
  | { do: 'change'; name: string; value: number | undefined }
  | { do: 'fault' | 'break' | 'error'; kind: FailureKind }
  | { do: string };

function perform(server: FakeServer, clock: FakeClock, action: Action): void {
  if ('name' in action) server.change(action.name, action.value);
  else if ('kind' in action) {
    if (action.do === 'fault') server.faults.push(action.kind);
    else if (action.do === 'break') server.break(action.kind);
    else server.error(action.kind);
  } else if (action.do === 'bookmark') server.bookmark();
  else if (action.do === 'compact') server.compact();
  else if (action.do === 'end') server.endWatch();
  else if (action.do === 'fire') clock.fire();
}

/** Each state seen is one of the history, at a version that never goes back. */
function expectForward(seen: readonly string[], history: ReadonlyMap<number, string>): void {
  let from = 0;
  for (const content of seen) {
    const at = [...history].find(([version, text]) => version >= from && text === content);
    expect(at, `${content} is no state of the server from version ${from} on`).toBeDefined();
    from = at?.[0] ?? from;
  }
}
