import { expect, test } from 'vitest';
import { GatewayNames } from './gateway-names.ts';

function world() {
  const zone = new Map<string, readonly string[]>([['a.example.com', ['192.0.2.2', '192.0.2.1', '192.0.2.2']]]);
  const timers = new Set<() => void>();
  const told: [string, readonly string[]][][] = [];
  const failures: string[] = [];
  const names = new GatewayNames({
    resolve: async (name) => zone.get(name) ?? Promise.reject(new Error('ENOTFOUND')),
    after: (_, run) => {
      timers.add(run);
      return () => void timers.delete(run);
    },
    onAddresses: (addresses) => told.push([...addresses]),
    onFailure: (name, why) => failures.push(`${name} ${why}`),
  });
  const pass = async () => {
    const due = [...timers];
    timers.clear();
    for (const run of due) run();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { names, zone, timers, told, failures, pass };
}

test('a name is looked up again and again, and only what changed is told', async () => {
  const { names, zone, told, pass } = world();
  names.want(new Set(['a.example.com']));
  await names.lookedUp();
  expect(told).toEqual([[['a.example.com', ['192.0.2.1', '192.0.2.2']]]]);
  await pass();
  names.want(new Set(['a.example.com']));
  expect(told).toHaveLength(1);
  zone.set('a.example.com', ['192.0.2.9']);
  await pass();
  expect(told[1]).toEqual([['a.example.com', ['192.0.2.9']]]);
});

test('the last addresses stay while a name is not found, which is told once', async () => {
  const { names, zone, told, failures, pass } = world();
  names.want(new Set(['a.example.com']));
  await names.lookedUp();
  zone.clear();
  for (let round = 0; round < 3; round++) await pass();
  expect([told.length, failures]).toEqual([1, ['a.example.com ENOTFOUND']]);
  zone.set('a.example.com', ['192.0.2.9']);
  await pass();
  expect(told).toHaveLength(2);
});

test('what is wanted no more is forgotten, even while it is looked up', async () => {
  const { names, told, timers, pass } = world();
  names.want(new Set(['a.example.com', 'b.example.com']));
  names.want(new Set(['b.example.com']));
  await names.lookedUp();
  await pass();
  expect(told.every((all) => all.length === 0)).toBe(true);
  names.close();
  expect(timers.size).toBe(0);
});
