import { expect, test, vi } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import type { SourceObject } from '../object-source.ts';
import type { KubeRequest } from './connection.ts';
import { StatusWriter } from './status-writer.ts';

const object = (status: JsonObject): SourceObject => ({
  ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', namespace: 'n', name: 'r' },
  object: { metadata: { name: 'r', namespace: 'n' }, status },
  origin: { kind: 'HTTPRoute', namespace: 'n', name: 'r' },
});
const parent = { controllerName: 'outrigger.io/gateway-controller', parentRef: { name: 'g' }, conditions: [] };
const wanted = {
  parents: [{ ...parent, conditions: [{ type: 'Accepted', status: 'True', reason: '', message: '' }] }],
};
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function writer(answer: (call: KubeRequest) => number) {
  const puts: string[] = [];
  const told: string[] = [];
  let now = 0;
  const timers: (() => void)[] = [];
  const made = new StatusWriter({
    connection: {
      json: async (call) => {
        const status = answer(call);
        if (call.method === 'PUT') puts.push(call.path);
        return { status, retryAfterMs: undefined, body: { metadata: { resourceVersion: '1' } } };
      },
    },
    leads: () => true,
    onProblem: ({ code }) => void told.push(code),
    clock: {
      now: () => now,
      after: (_, run) => {
        timers.push(run);
        return () => undefined;
      },
    },
  });
  return {
    made,
    puts,
    told,
    pass: (ms: number) => {
      now += ms;
    },
    fire: () => {
      for (const run of timers.splice(0)) run();
    },
  };
}

test('what another writes over again and again is left alone, until there is something else to say', async () => {
  const { made, puts, pass } = writer(() => 200);
  const theirs = {
    parents: [{ ...parent, conditions: [{ type: 'Accepted', status: 'False', reason: 'x', message: '' }] }],
  };
  for (let turn = 0; turn < 20; turn++) {
    made.want([{ source: object(theirs), status: wanted }]);
    await settled();
  }
  expect(puts).toHaveLength(3);
  const other = {
    parents: [{ ...parent, conditions: [{ type: 'Accepted', status: 'True', reason: 'new', message: '' }] }],
  };
  made.want([{ source: object(theirs), status: other }]);
  await settled();
  expect(puts).toHaveLength(4);
  pass(11 * 60_000);
  made.want([{ source: object(theirs), status: wanted }]);
  await settled();
  expect(puts).toHaveLength(5);
});

test('a right that is missing is told once, and asked for again after half a minute', async () => {
  let calls = 0;
  const { made, told, pass, fire } = writer(() => {
    calls += 1;
    return 403;
  });
  for (let turn = 0; turn < 20; turn++) {
    made.want([{ source: object({}), status: wanted }]);
    await settled();
  }
  expect([calls, told]).toEqual([1, ['OR2576']]);
  pass(30_000);
  fire();
  await settled();
  expect(calls).toBe(2);
});

test('one whose status is refused for what it is keeps no other from its own, and is tried again later', async () => {
  const { made, puts, told, pass, fire } = writer(({ path }) => (path.includes('/bad') ? 422 : 200));
  const named = (name: string) => ({ ...object({}), name, object: { metadata: { name, namespace: 'n' } } });
  const all = ['bad', 'good'].map((name) => ({ source: named(name), status: wanted }));
  made.want(all);
  await vi.waitFor(() => expect(puts.map((path) => path.split('/').at(-2))).toEqual(['good']));
  expect(told).toEqual(['OR2576']);
  pass(31_000);
  fire();
  await settled();
  expect([puts.length, told]).toEqual([2, ['OR2576']]);
});

test('a status that cannot be compared is told, and the next one written', async () => {
  const { made, puts, told } = writer(() => 200);
  const strange = Object.defineProperty({ metadata: {} }, 'status', {
    get: () => {
      throw new Error('no');
    },
  }) as JsonObject;
  made.want([
    { source: { ...object({}), name: 'strange', object: strange }, status: wanted },
    { source: object({}), status: wanted },
  ]);
  await vi.waitFor(() => expect(puts).toHaveLength(1));
  expect(told).toEqual(['OR2576']);
});
