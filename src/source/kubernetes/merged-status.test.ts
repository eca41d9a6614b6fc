import { expect, test } from 'vitest';
import { isUpToDate, mergedStatus } from './merged-status.ts';

const ours = 'outrigger.io/gateway-controller';
const then = '2026-01-01T00:00:00Z';
const now = '2026-02-02T00:00:00Z';
const condition = (type: string, status: string, at?: string) => ({
  ...{ type, status, reason: type, message: '' },
  ...(at === undefined ? {} : { lastTransitionTime: at }),
});

test('a condition that did not change keeps its time, another gets the present one', () => {
  const actual = { conditions: [condition('Accepted', 'True', then), condition('Programmed', 'False', then)] };
  const wanted = { conditions: [condition('Accepted', 'True'), condition('Programmed', 'True')] };
  expect(mergedStatus(actual, wanted, now)).toEqual({
    conditions: [condition('Accepted', 'True', then), condition('Programmed', 'True', now)],
  });
});

test("what another controller wrote stays: conditions of other types, members, parents' entries", () => {
  const parentRef = { name: 'gw' };
  const theirs = { controllerName: 'example.com/other', parentRef, conditions: [condition('Accepted', 'False', then)] };
  const actual = { addresses: [{ value: 'a' }], conditions: [condition('Theirs', 'True', then)], parents: [theirs] };
  const own = { controllerName: ours, parentRef, conditions: [condition('Accepted', 'True')] };
  const merged = mergedStatus(actual, { conditions: [], parents: [own] }, now);
  expect(merged).toEqual({
    addresses: [{ value: 'a' }],
    conditions: [condition('Theirs', 'True', then)],
    parents: [theirs, { ...own, conditions: [condition('Accepted', 'True', now)] }],
  });
  expect(mergedStatus(merged, { parents: [] }, now)['parents']).toEqual([theirs]);
});

test('what is merged asks for no further write, whatever the order of its members', () => {
  const wanted = {
    conditions: [condition('Accepted', 'True')],
    listeners: [{ name: 'http', attachedRoutes: 1, supportedKinds: [], conditions: [condition('Programmed', 'True')] }],
  };
  const merged = mergedStatus({}, wanted, then);
  expect(isUpToDate(merged, wanted)).toBe(true);
  const turned = Object.fromEntries(Object.entries(merged).reverse());
  expect(isUpToDate(turned, wanted)).toBe(true);
  expect(isUpToDate(merged, { ...wanted, conditions: [condition('Accepted', 'False')] })).toBe(false);
  expect(isUpToDate({}, wanted)).toBe(false);
});

test('the order of conditions and parents asks for no write', () => {
  const wanted = {
    parents: [{ controllerName: ours, parentRef: { name: 'a' }, conditions: [condition('Accepted', 'True')] }],
  };
  const theirs = { controllerName: 'example.com/other', parentRef: { name: 'a' }, conditions: [] };
  const merged = mergedStatus({ parents: [theirs] }, wanted, then);
  const turned = { parents: [...(merged['parents'] as unknown[])].reverse() };
  expect(isUpToDate(turned as typeof merged, wanted)).toBe(true);
});

test('a listener that is gone takes its entry along', () => {
  const listener = (name: string) => ({ name, conditions: [condition('Accepted', 'True', then)] });
  const merged = mergedStatus({ listeners: [listener('a'), listener('b')] }, { listeners: [listener('b')] }, now);
  expect(merged['listeners']).toEqual([listener('b')]);
});
