import { describe, expect, test } from 'vitest';
import type { OutboundView } from '../ir/types/view.ts';
import { defaultMeshSettings } from '../model/mesh-settings.ts';
import type { Workload } from '../model/workload.ts';
import { parseAskedHost, unknownHost, unusableHost } from './asked-host.ts';
import { type Delivery, deliveryAnnotation, deliveryOf } from './delivery.ts';
import { hostTable } from './host-table.ts';

const workload = (annotations: Record<string, string> = {}) => ({ annotations }) as unknown as Workload;
const view = (hosts: number, declared = false) =>
  ({ ports: Array.from({ length: hosts }), unregistered: [], declared }) as unknown as OutboundView;

describe('how configuration is delivered', () => {
  const inputs = {
    workload: workload(),
    view: view(10),
    settings: defaultMeshSettings,
    delta: true,
    before: undefined,
    crowded: false,
  };
  test.each<[string, Partial<Parameters<typeof deliveryOf>[0]>, Delivery]>([
    ['few hosts are pushed', {}, 'pushed-hosts'],
    ['many load on first use', { view: view(1001) }, 'on-demand'],
    ['state of the world has no hosts on demand', { delta: false }, 'eager'],
    ['what a Sidecar declares is pushed whole', { view: view(5000, true) }, 'pushed-all'],
    ['a stream keeps its shape', { before: 'eager' }, 'eager'],
    [
      'whatever is wished later',
      { before: 'on-demand', workload: workload({ [deliveryAnnotation]: 'eager' }) },
      'pushed-hosts',
    ],
    ['the pod may wish', { workload: workload({ [deliveryAnnotation]: 'eager' }) }, 'eager'],
    ['the mesh may wish', { settings: { ...defaultMeshSettings, delivery: 'eager' } }, 'eager'],
    [
      'the pod against the mesh',
      {
        workload: workload({ [deliveryAnnotation]: 'on-demand' }),
        settings: { ...defaultMeshSettings, delivery: 'eager' },
      },
      'pushed-hosts',
    ],
    ['back only well below the limit', { view: view(950), before: 'on-demand' }, 'on-demand'],
    ['then back', { view: view(900), before: 'on-demand' }, 'pushed-hosts'],
    ['a crawler is given all hosts', { view: view(5000), before: 'on-demand', crowded: true }, 'pushed-hosts'],
    ['the way up is at the limit', { view: view(1000), before: 'pushed-hosts' }, 'pushed-hosts'],
  ])('%s', (_, changes, expected) => expect(deliveryOf({ ...inputs, ...changes })).toBe(expected));
});

describe('hosts that clients ask for', () => {
  test.each([
    ['80/Reviews.default:80', { port: 80, host: 'reviews.default' }],
    ['9080/reviews', { port: 9080, host: 'reviews' }],
    ['80/[fd00::1]:80', { port: 80, host: '[fd00::1]' }],
    ['80/*', undefined],
    ['80/*.evil', undefined],
    ['80/a b', undefined],
    ['80/', undefined],
    ['http.80/a', undefined],
    [`80/${'a'.repeat(300)}`, undefined],
    ["80/a~b,c%20'(1)", { port: 80, host: "a~b,c%20'(1)" }],
    ['80/a@b', undefined],
    ['80/a b', undefined],
  ])('%s', (name, expected) => expect(parseAskedHost(name)).toEqual(expected));

  test('one that cannot be is answered with a domain of its own, never with a wildcard', () => {
    const [star, at] = [unusableHost('80/*'), unusableHost('80/a@b')];
    expect(star?.name).toBe('80/*');
    expect(star?.message).toMatchObject({ name: '80/*', domains: [expect.stringMatching(/^[0-9a-f]{32}\.invalid$/)] });
    expect(star?.message).not.toEqual({ ...(at?.message as object), name: '80/*' });
    expect([unusableHost('http.80/a'), unusableHost(`80/${'a'.repeat(300)}`)]).toEqual([undefined, undefined]);
  });

  test('one that nobody knows goes through, or nowhere', () => {
    const through = JSON.stringify(unknownHost({ port: 80, host: 'x' }, { blocked: false, egressProxy: '' }).message);
    expect(through).toContain('PassthroughCluster');
    expect(JSON.stringify(unknownHost({ port: 80, host: 'x' }, { blocked: true, egressProxy: '' }).message)).toContain(
      '"status":502',
    );
  });
});

test('a host is found by its exact name first, then by the longest wildcard, whatever the port and the case', () => {
  const host = (name: string, domains: readonly string[]) => ({
    ...{ name, domains, routes: [], external: false, requireTls: false, origins: [] },
  });
  const table = hostTable([host('a', ['a.x']), host('wide', ['*.x']), host('narrow', ['*.b.x'])]);
  expect(['A.x:80', 'c.x', 'c.b.x', 'x', 'y'].map((name) => table.find(name)?.name)).toEqual([
    ...['a', 'wide', 'narrow', undefined, undefined],
  ]);
});
