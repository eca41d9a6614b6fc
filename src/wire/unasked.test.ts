import { expect, test, vi } from 'vitest';
import { encodeResource } from '../xds/encode/encode-resource.ts';
import type { ProxyResources, XdsType } from '../xds/resource.ts';
import { defaultTimes, type Outgoing, PushPlan } from './push-plan.ts';

const message = (type: XdsType, name: string, content: number) =>
  encodeResource({
    type,
    name,
    message: type === 'cluster' ? { name, alt_stat_name: `${content}` } : { name, domains: [`${content}.x`] },
    origins: [],
  });
/** Nothing comes without a name. */
const world = (content: number): ProxyResources => ({
  wildcard: () => new Map(),
  named: (type, name) => (type === 'cluster' || type === 'virtualHost' ? message(type, name, content) : undefined),
});
const nothing = { subscribe: [], unsubscribe: [], initialVersions: new Map<string, string>() };
const brief = (out: readonly Outgoing[]) =>
  out.map(({ type, resources }) => [type, ...resources.map(({ name }) => name)].join(' '));

test('a client that begins is given names that it did not ask for, and their changes', () => {
  const unasked = vi.fn((type: XdsType) => new Set(type === 'cluster' ? ['a', 'b'] : ['80/a']));
  const plan = new PushPlan('delta', defaultTimes, unasked);
  const first = plan.request('cluster', { ...nothing, subscribe: ['*'] }, world(1), 0);
  expect(brief(first)).toEqual(['cluster a b']);
  const hosts = plan.request('virtualHost', nothing, world(1), 0);
  expect(brief(hosts)).toEqual(['virtualHost 80/a']);
  for (const { type, nonce } of [...first, ...hosts]) plan.answered(type, { nonce, error: undefined }, 0);
  expect(brief(plan.request('cluster', { ...nothing, subscribe: ['c'] }, world(1), 0))).toEqual(['cluster c']);
  plan.change();
  expect(brief(plan.step(world(2), defaultTimes.patienceMs))).toEqual(['cluster c a b']);
  expect(unasked.mock.calls.filter(([type]) => type === 'cluster')).toHaveLength(1);
});

test('a client that comes back keeps what it holds, and is sent none of it again', () => {
  const { version } = message('cluster', 'a', 1);
  const held: string[][] = [];
  const plan = new PushPlan('delta', defaultTimes, (_, names) => {
    held.push([...names]);
    return new Set(held.at(-1));
  });
  const back = { ...nothing, subscribe: ['*'], initialVersions: new Map([['a', version]]) };
  expect(brief(plan.request('cluster', back, world(1), 0))).toEqual([]);
  expect(held).toEqual([['a']]);
  expect(brief(plan.step(world(1), 0))).toEqual([]);
  plan.change();
  expect(brief(plan.step(world(2), 0))).toEqual(['cluster a']);
});

test('where each answer is the whole, nothing comes unasked', () => {
  const plan = new PushPlan('sotw', defaultTimes, () => new Set(['a']));
  expect(brief(plan.request('cluster', { ...nothing, subscribe: ['b'] }, world(1), 0))).toEqual(['cluster b']);
});
