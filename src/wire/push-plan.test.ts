import { describe, expect, test } from 'vitest';
import {
  acknowledge,
  brief,
  cluster,
  encoded,
  endpoint,
  nothing,
  push,
  type Services,
  started,
  tombstone,
  virtualHost,
  world,
} from '../../test/push-plan-fixture.ts';
import type { ProxyResources, XdsType } from '../xds/resource.ts';
import { PushPlan } from './push-plan.ts';

describe('order', () => {
  test('clusters and their endpoints, then, acknowledged, the virtual hosts, and later the removal', () => {
    const plan = started(world({ a: { content: 1 }, b: { content: 1 } }));
    const next = world({ b: { content: 2 }, c: { content: 1 } });
    const clusters = push(plan, next, 0);
    // The CLA of `c` waits for the question, that of the changed `b` does not.
    expect(brief(clusters)).toEqual(['cluster b c', 'endpoint b']);
    acknowledge(plan, clusters);
    expect(plan.step(next, 1)).toEqual([]);
    const asked = plan.request('endpoint', { ...nothing, subscribe: ['c'] }, next, 2);
    expect(brief(asked)).toEqual(['endpoint c']);
    expect(plan.step(next, 2)).toEqual([]);
    acknowledge(plan, asked);
    const routes = plan.step(next, 3);
    expect(brief(routes)).toEqual(['virtualHost 80/b 80/c -80/a']);
    acknowledge(plan, routes);
    expect(plan.step(next, 10)).toEqual([]);
    expect(plan.wakeAt).toBe(110);
    expect(brief(plan.step(next, 110))).toEqual(['cluster -a']);
    expect(plan.wakeAt).toBeUndefined();
  });

  test('a filter that no listener is to name any more stays: the one that goes still serves', () => {
    const filter = (content: number) => encoded('extension', 'tokens', { name: `tokens ${content}` });
    const withFilter = (content: number | undefined): ProxyResources => ({
      wildcard: (type) => world({}).wildcard(type),
      named: (type, name) =>
        type === 'extension' && name === 'tokens' && content !== undefined ? filter(content) : undefined,
    });
    const plan = new PushPlan();
    // As of a proxy that another version of the control plane served before.
    const held = new Map([['tokens', filter(1).version]]);
    acknowledge(plan, plan.request('listener', { ...nothing, subscribe: ['*'] }, withFilter(undefined), 0));
    plan.request('extension', { ...nothing, subscribe: ['tokens'], initialVersions: held }, withFilter(undefined), 0);
    expect(brief(push(plan, withFilter(undefined), 0))).toEqual([]);
    expect(brief(push(plan, withFilter(2), 10))).toEqual(['extension tokens']);
    // Of one that it never had it is told, or its listener would wait.
    expect(brief(plan.request('extension', { ...nothing, subscribe: ['never'] }, withFilter(undefined), 20))).toEqual([
      'extension -never',
    ]);
  });

  test('the time of day is set back by a day: patience and grace end as if it were not', () => {
    const day = 86_400_000;
    const plan = started(world({ a: { content: 1 }, b: { content: 1 } }));
    const next = world({ b: { content: 2 } });
    expect(brief(push(plan, next, day))).toEqual(['cluster b', 'endpoint b']);
    // Nobody acknowledges.
    expect(plan.step(next, 400)).toEqual([]);
    expect(plan.wakeAt).toBe(1400);
    expect(brief(plan.step(next, 1400))).toEqual(['virtualHost 80/b -80/a']);
    plan.step(next, 2400);
    expect(plan.step(next, 2400 - day)).toEqual([]);
    expect(brief(plan.step(next, 2500 - day))).toEqual(['cluster -a']);
  });

  test('a cluster that goes keeps its endpoints until it is gone, and is answered without any when it is asked for', () => {
    const nobody = (name: string) => encoded('endpoint', name, { cluster_name: name, policy: {} }, { standsIn: true });
    const knowing = (services: Services): ProxyResources => {
      const known = world(services);
      const named: ProxyResources['named'] = (type, name) =>
        type === 'endpoint' && services[name] === undefined ? nobody(name) : known.named(type, name);
      return { ...known, named };
    };
    const plan = started(knowing({ a: { content: 1 }, b: { content: 1 } }));
    const next = knowing({ b: { content: 1 } });
    const routes = push(plan, next, 0);
    expect(brief(routes)).toEqual(['virtualHost -80/a']);
    acknowledge(plan, routes);
    plan.step(next, 1);
    expect(brief(plan.step(next, 101))).toEqual(['cluster -a']);
    expect(brief(push(plan, knowing({ b: { content: 2 } }), 200))).toEqual(['cluster b', 'endpoint b']);
    expect(brief(plan.request('endpoint', { ...nothing, subscribe: ['never'] }, next, 300))).toEqual([
      'endpoint never',
    ]);
  });

  test('a proxy that does not answer holds nothing up for ever', () => {
    const plan = started(world({ a: { content: 1 } }));
    const next = world({ b: { content: 1 } });
    expect(brief(push(plan, next, 0))).toEqual(['cluster b']);
    expect(plan.wakeAt).toBe(1_000);
    expect(plan.step(next, 999)).toEqual([]);
    expect(brief(plan.step(next, 1_000))).toEqual(['virtualHost 80/b -80/a']);
    expect(plan.step(next, 2_000)).toEqual([]);
    expect(brief(plan.step(next, 2_100))).toEqual(['cluster -a']);
  });

  test('what comes back in time is not removed', () => {
    const plan = started(world({ a: { content: 1 } }));
    acknowledge(plan, push(plan, world({}), 0));
    const back = world({ a: { content: 1 } });
    expect(plan.step(back, 1)).toEqual([]);
    const again = push(plan, back, 2);
    expect(brief(again)).toEqual(['virtualHost 80/a']);
    acknowledge(plan, again);
    expect(plan.step(back, 500)).toEqual([]);
  });

  test('changes while a push is under way are one push after it', () => {
    const plan = started(world({ a: { content: 1 } }));
    const first = push(plan, world({ a: { content: 2 } }), 0);
    expect(push(plan, world({ a: { content: 3 } }), 1)).toEqual([]);
    expect(push(plan, world({ a: { content: 4 } }), 2)).toEqual([]);
    acknowledge(plan, first);
    const last = world({ a: { content: 4 } });
    const routes = plan.step(last, 3);
    expect(routes[0]?.resources[0]).toBe(virtualHost('a', { content: 2 }));
    acknowledge(plan, routes);
    expect(brief(plan.step(last, 4))).toEqual(['cluster a', 'endpoint a']);
  });

  test('a tombstone in place of a cluster is a removal', () => {
    const named = (services: Services) => {
      const all = world(services, { gone: 'tombstones' });
      return { ...all, wildcard: (type: XdsType) => (type === 'cluster' ? new Map() : all.wildcard(type)) };
    };
    const first = named({ a: { content: 1 } });
    const plan = started(first, ['cluster', 'virtualHost']);
    acknowledge(plan, plan.request('cluster', { ...nothing, subscribe: ['a', 'none'] }, first, 0));
    const next = named({});
    const routes = push(plan, next, 0);
    expect(brief(routes)).toEqual(['virtualHost -80/a']);
    acknowledge(plan, routes);
    expect(plan.step(next, 1)).toEqual([]);
    const late = plan.step(next, 200);
    expect(late[0]?.resources).toEqual([tombstone('a')]);
  });

  test('the targets of mirrors go before what mirrors, and stay as long as it does', () => {
    const plan = started(world({ a: { content: 1 } }));
    const next = world({ a: { content: 1, mirror: 'mirror-x' } });
    const clusters = push(plan, next, 0);
    expect(brief(clusters)).toEqual(['cluster mirror-x']);
    acknowledge(plan, clusters);
    acknowledge(plan, plan.request('endpoint', { ...nothing, subscribe: ['mirror-x'] }, next, 0));
    const routes = plan.step(next, 1);
    expect(brief(routes)).toEqual(['virtualHost 80/a']);
    acknowledge(plan, routes);
    expect(push(plan, next, 2)).toEqual([]);
    const without = world({ a: { content: 1 } });
    acknowledge(plan, push(plan, without, 3));
    expect(plan.step(without, 4)).toEqual([]);
    expect(brief(plan.step(without, 300))).toEqual(['cluster -mirror-x']);
  });
});

describe('questions', () => {
  test('are answered at once while a push waits, and from its moment', () => {
    const plan = started(world({ a: { content: 1 } }));
    push(plan, world({ a: { content: 2 } }), 0);
    const later = world({ a: { content: 3 } });
    const answer = plan.request('cluster', { ...nothing, subscribe: ['a'] }, later, 1);
    expect(answer[0]?.resources).toEqual([cluster('a', 2)]);
  });

  test('for a virtual host bring the clusters that it requires', () => {
    const all = world({ a: { content: 1, mirror: 'mirror-x' } });
    const onDemand: ProxyResources = {
      wildcard: () => new Map(),
      named: (type, name) =>
        type === 'virtualHost' ? virtualHost('a', { content: 1, mirror: 'mirror-x' }) : all.named(type, name),
    };
    const plan = started(onDemand, ['cluster', 'virtualHost']);
    const answer = plan.request('virtualHost', { ...nothing, subscribe: ['80/a'] }, onDemand, 0);
    expect(brief(answer)).toEqual(['cluster mirror-x', 'virtualHost 80/a']);
  });

  test('each route configuration with VHDS gets something by VHDS, after it', () => {
    const empty = world({}, { vhds: 'vhds' });
    const plan = new PushPlan();
    expect(brief(plan.request('route', { ...nothing, subscribe: ['80'] }, empty, 0))).toEqual(['route 80']);
    expect(brief(plan.request('virtualHost', nothing, empty, 0))).toEqual(['virtualHost -80/_init']);
    expect(brief(plan.request('route', { ...nothing, subscribe: ['80'] }, empty, 0))).toEqual([
      'route 80',
      'virtualHost -80/_init',
    ]);
    const filled = world({ a: { content: 1 } }, { vhds: 'vhds' });
    const other = new PushPlan();
    other.request('route', { ...nothing, subscribe: ['80'] }, filled, 0);
    expect(brief(other.request('virtualHost', nothing, filled, 0))).toEqual(['virtualHost 80/a']);
  });

  test('of a port that comes later: the hosts that were pushed before its route configuration go again', () => {
    const filled = world({ a: { content: 1 } }, { vhds: 'vhds' });
    const plan = new PushPlan();
    expect(brief(plan.request('virtualHost', nothing, filled, 0))).toEqual(['virtualHost 80/a']);
    expect(brief(plan.request('route', { ...nothing, subscribe: ['80'] }, filled, 0))).toEqual([
      'route 80',
      'virtualHost 80/a',
    ]);
    // What Envoy has had all the time keeps its hosts.
    expect(brief(plan.request('route', { ...nothing, subscribe: ['80'] }, filled, 0))).toEqual([
      'route 80',
      'virtualHost -80/_init',
    ]);
  });

  test('of a proxy that comes back: it keeps what it has until the order allows', () => {
    const before = world({ a: { content: 1 } });
    const now = world({ b: { content: 1 } });
    const versions = (type: XdsType) =>
      new Map([...before.wildcard(type).values()].map((one) => [one.name, one.version]));
    const plan = new PushPlan();
    expect(
      plan.request('cluster', { ...nothing, subscribe: ['*'], initialVersions: versions('cluster') }, now, 0),
    ).toEqual([]);
    const clusters = plan.step(now, 0);
    expect(brief(clusters)).toEqual(['cluster b']);
    const hosts = { ...nothing, subscribe: ['*'], initialVersions: versions('virtualHost') };
    expect(plan.request('virtualHost', hosts, now, 0)).toEqual([]);
    const old = new Map([
      ['a', endpoint('a').version],
      ['b', endpoint('b').version],
    ]);
    // It has the endpoints of `b` already; the cluster was written after that.
    const answer = plan.request('endpoint', { ...nothing, subscribe: ['a', 'b'], initialVersions: old }, now, 0);
    expect(brief(answer)).toEqual(['endpoint b']);
    acknowledge(plan, [...clusters, ...answer]);
    const routes = plan.step(now, 1);
    expect(brief(routes)).toEqual(['virtualHost 80/b -80/a']);
  });
});
