import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isObject, type JsonObject } from '../../model/json.ts';
import type { Clock } from './clock.ts';
import type { KubeAnswer, KubeRequest } from './connection.ts';
import { LeaderLease } from './leader-lease.ts';

/**
 * One Lease under optimistic concurrency. A model of the API server, since here time and lost answers are the input;
 * test/cluster/cases/dialects.ts has the real one.
 */
class OneLease {
  lease: JsonObject | undefined;
  #version = 0;

  answer({ method, body }: KubeRequest): KubeAnswer {
    const of = (status: number, object: JsonObject = {}): KubeAnswer => ({
      status,
      retryAfterMs: undefined,
      body: object,
    });
    if (method === 'GET') return this.lease === undefined ? of(404) : of(200, this.lease);
    const asked = isObject(body) ? (body as JsonObject) : {};
    const version = this.#versionOf(asked);
    if (this.lease !== undefined && version !== this.#versionOf(this.lease)) return of(409);
    if (this.lease === undefined && method === 'PUT') return of(404);
    const metadata = {
      ...(isObject(asked['metadata']) ? asked['metadata'] : {}),
      resourceVersion: `${++this.#version}`,
    };
    this.lease = { ...asked, metadata };
    return of(200, this.lease);
  }

  #versionOf(object: JsonObject): string {
    return isObject(object['metadata']) ? String(object['metadata']['resourceVersion'] ?? '') : '';
  }
}

class Time {
  #now = 0;
  readonly #timers: { at: number; run: () => void }[] = [];
  /** Of a machine whose clock is another. */
  clock(skewMs: number): Clock {
    return {
      now: () => this.#now + skewMs,
      after: (ms, run) => {
        const timer = { at: this.#now + ms, run };
        this.#timers.push(timer);
        return () => void this.#timers.splice(0, this.#timers.length, ...this.#timers.filter((one) => one !== timer));
      },
    };
  }

  async pass(ms: number): Promise<void> {
    await settled();
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#now = next.at;
      next.run();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Replica {
  readonly lease: LeaderLease;
  readonly end: AbortController;
  away: boolean;
  led: number;
}

function replicas(skews: readonly number[]) {
  const time = new Time();
  const server = new OneLease();
  const all = skews.map((skew, index) => {
    const replica: Replica = { away: false, led: 0, end: new AbortController() } as Replica & { lease: LeaderLease };
    const lease = new LeaderLease({
      ...{ namespace: 'n', holder: `r${index}`, clock: time.clock(skew), onLead: () => void replica.led++ },
      connection: {
        json: async (call) => {
          if (replica.away) throw new Error('no answer');
          return server.answer(call);
        },
      },
    });
    return Object.assign(replica, { lease });
  });
  const leaders = () => all.filter(({ lease }) => lease.leads).length;
  return { time, server, all, leaders };
}

describe('the lease of the leader', () => {
  test('the first leads, the next one when it stops, without waiting', async () => {
    const { time, all } = replicas([0, 0]);
    for (const { lease, end } of all) lease.start(end.signal);
    await time.pass(10_000);
    expect(all.map(({ lease }) => lease.leads)).toEqual([true, false]);
    all[0]?.end.abort();
    await time.pass(2_000);
    expect(all.map(({ lease }) => lease.leads)).toEqual([false, true]);
    expect(all.map(({ led }) => led)).toEqual([1, 1]);
  });

  test('one that gets no answer leads no longer before the next one does', async () => {
    const { time, all, leaders } = replicas([0, 3_600_000]);
    const [first, second] = all;
    if (first === undefined || second === undefined) throw new Error('two');
    first.lease.start(first.end.signal);
    await time.pass(1_000);
    second.lease.start(second.end.signal);
    first.away = true;
    for (let step = 0; step < 400; step++) {
      await time.pass(100);
      expect(leaders()).toBeLessThanOrEqual(1);
    }
    expect(second.lease.leads).toBe(true);
    first.away = false;
    await time.pass(20_000);
    expect([first.lease.leads, second.lease.leads]).toEqual([false, true]);
  });

  test('never two, whoever is away and however wrong the clocks are', async () => {
    const step = fc.record({
      who: fc.nat(2),
      what: fc.constantFrom('away', 'back'),
      ms: fc.integer({ min: 1, max: 9_000 }),
    });
    const skew = fc.integer({ min: -86_400_000, max: 86_400_000 });
    await fc.assert(
      fc.asyncProperty(fc.tuple(skew, skew, skew), fc.array(step, { maxLength: 30 }), async (skews, steps) => {
        const { time, all, leaders } = replicas(skews);
        for (const { lease, end } of all) lease.start(end.signal);
        for (const { who, what, ms } of steps) {
          Object.assign(all[who] ?? {}, { away: what === 'away' });
          await time.pass(ms);
          expect(leaders()).toBeLessThanOrEqual(1);
        }
        for (const replica of all) replica.away = false;
        await time.pass(40_000);
        expect(leaders()).toBe(1);
      }),
      { numRuns: 50 },
    );
  });
});
