import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeResource } from '../xds/encode/encode-resource.ts';
import type { EncodedResource, Message, ProxyResources, XdsType } from '../xds/resource.ts';
import { type Outgoing, PushPlan } from './push-plan.ts';

const made = new Map<string, EncodedResource>();

function encoded(type: XdsType, name: string, message: Message, more: Partial<EncodedResource> = {}): EncodedResource {
  const key = JSON.stringify([type, name, message, more]);
  const known = made.get(key);
  if (known !== undefined) return known;
  const resource = encodeResource({ type, name, message, origins: [], ...more });
  made.set(key, resource);
  return resource;
}

/** A service: a cluster with endpoints, and a virtual host that routes to it and mirrors to another. */
interface Service {
  readonly content: number;
  readonly mirror?: string | undefined;
}
type Services = Readonly<Record<string, Service | undefined>>;

const cluster = (name: string, content: number) =>
  encoded('cluster', name, { name, type: 'EDS', alt_stat_name: `${content}` }, { edsName: name });
const endpoint = (name: string) => encoded('endpoint', name, { cluster_name: name });
const tombstone = (name: string) => encoded('cluster', name, { name, type: 'STATIC' });

function virtualHost(name: string, { content, mirror }: Service): EncodedResource {
  const message = { name: `80/${name}`, domains: [name, `${content}`, `mirror ${mirror ?? ''}`] };
  return encoded('virtualHost', `80/${name}`, message, mirror === undefined ? {} : { requires: [mirror] });
}

/** All by wildcard but mirrors' targets; names of services that are gone have tombstones when `gone` is so. */
function world(
  services: Services,
  options: { readonly gone?: 'tombstones'; readonly vhds?: 'vhds' } = {},
): ProxyResources {
  const entries = Object.entries(services).flatMap(([name, service]) =>
    service === undefined ? [] : [{ name, service }],
  );
  const sets = new Map<XdsType, ReadonlyMap<string, EncodedResource>>([
    ['cluster', new Map(entries.map(({ name, service }) => [name, cluster(name, service.content)]))],
    ['virtualHost', new Map(entries.map(({ name, service }) => [`80/${name}`, virtualHost(name, service)]))],
  ]);
  const route = encoded('route', '80', options.vhds === undefined ? { name: '80' } : { name: '80', vhds: {} });
  return {
    wildcard: (type) => sets.get(type) ?? new Map(),
    named: (type, name) => {
      if (type === 'endpoint') return endpoint(name);
      if (type === 'route') return route;
      if (type !== 'cluster') return undefined;
      if (name.startsWith('mirror-')) return cluster(name, 1);
      return options.gone === undefined ? sets.get(type)?.get(name) : (sets.get(type)?.get(name) ?? tombstone(name));
    },
  };
}

const nothing = { subscribe: [], unsubscribe: [], initialVersions: new Map<string, string>() };
const brief = (out: readonly Outgoing[]) =>
  out.map(({ type, resources, removed }) =>
    [type, ...resources.map(({ name }) => name), ...removed.map((name) => `-${name}`)].join(' '),
  );
const acknowledge = (plan: PushPlan, out: readonly Outgoing[]) => {
  for (const { type, nonce } of out) plan.answered(type, { nonce, error: undefined }, 0);
};

/** A plan whose client has taken all of `first`. */
function started(first: ProxyResources, types: readonly XdsType[] = ['cluster', 'endpoint', 'virtualHost']): PushPlan {
  const plan = new PushPlan();
  for (const type of types) {
    const names = type === 'endpoint' ? [...first.wildcard('cluster').keys()] : type === 'route' ? ['80'] : [];
    acknowledge(plan, plan.request(type, { ...nothing, subscribe: names }, first, 0));
  }
  plan.change();
  acknowledge(plan, plan.step(first, 0));
  expect(plan.step(first, 0)).toEqual([]);
  return plan;
}

function push(plan: PushPlan, next: ProxyResources, now: number): Outgoing[] {
  plan.change();
  return plan.step(next, now);
}

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

/** An Envoy: it warms clusters until their endpoints come, and asks for those of new ones. */
class Client {
  readonly clusters = new Map<string, 'warm' | 'warming' | 'warm, next warming'>();
  readonly hosts = new Map<string, EncodedResource>();
  readonly asked = new Set<string>();

  /** The EDS names that it asks for now. */
  receive({ type, resources, removed }: Outgoing): string[] {
    const asks: string[] = [];
    for (const resource of resources) asks.push(...this.#take(type, resource));
    for (const name of removed) {
      if (type === 'cluster') this.clusters.delete(name);
      if (type === 'virtualHost') this.hosts.delete(name);
    }
    return asks;
  }

  expectAllTargetsWarm(): void {
    for (const { name, requires = [] } of this.hosts.values()) {
      for (const target of [name.slice(3), ...requires]) {
        expect(this.clusters.get(target) ?? 'missing').toMatch(/^warm(, next|$)/);
      }
    }
  }

  #take(type: XdsType, resource: EncodedResource): string[] {
    const { name } = resource;
    if (type === 'virtualHost') this.hosts.set(name, resource);
    if (type === 'endpoint' && this.clusters.has(name)) this.clusters.set(name, 'warm');
    if (type !== 'cluster') return [];
    const before = this.clusters.get(name);
    this.clusters.set(name, before === undefined || before === 'warming' ? 'warming' : 'warm, next warming');
    if (this.asked.has(name)) return [];
    this.asked.add(name);
    return [name];
  }
}

type Command = { readonly do: 'change'; readonly next: Services } | { readonly do: 'deliver' | 'answer' | 'wait' };

/** Plan and client with a queue each way. */
class Link {
  readonly plan = new PushPlan('delta', { patienceMs: 1e9, graceMs: 100 });
  readonly client = new Client();
  current = world({});
  readonly #toClient: Outgoing[] = [];
  readonly #toServer: (() => readonly Outgoing[])[] = [];
  #now = 0;

  connect(): void {
    for (const type of ['cluster', 'virtualHost'] as const)
      this.#send(this.plan.request(type, nothing, this.current, 0));
  }

  run(command: Command): void {
    if (command.do === 'change') {
      this.current = world(command.next);
      this.plan.change();
      this.#step(0);
    } else if (command.do === 'deliver') this.#deliver();
    else if (command.do === 'answer') this.#answer();
    else this.#step(60);
  }

  settle(): void {
    for (let round = 0; round < 50; round++) {
      while (this.#deliver() || this.#answer()) this.#now += 1;
      this.#step(200);
    }
  }

  #send(out: readonly Outgoing[]): void {
    this.#toClient.push(...out);
  }

  #step(ms: number): void {
    this.#now += ms;
    this.#send(this.plan.step(this.current, this.#now));
  }

  #deliver(): boolean {
    const next = this.#toClient.shift();
    if (next === undefined) return false;
    const asks = this.client.receive(next);
    this.#toServer.push(() => {
      this.plan.answered(next.type, { nonce: next.nonce, error: undefined }, this.#now);
      return [];
    });
    if (asks.length > 0) {
      const changes = { ...nothing, subscribe: asks };
      this.#toServer.push(() => this.plan.request('endpoint', changes, this.current, this.#now));
    }
    this.client.expectAllTargetsWarm();
    return true;
  }

  #answer(): boolean {
    const next = this.#toServer.shift();
    this.#send(next?.() ?? []);
    this.#step(0);
    return next !== undefined;
  }
}

describe('whatever changes, in whatever order answers come', () => {
  const service = fc.record({ content: fc.nat(2), mirror: fc.constantFrom(undefined, 'mirror-x', 'mirror-y') });
  const services = fc.record({ a: service, b: service, c: service }, { requiredKeys: [] });
  const command: fc.Arbitrary<Command> = fc.oneof(
    fc.record({ do: fc.constant('change'), next: services }),
    fc.record({ do: fc.constantFrom('deliver', 'deliver', 'answer', 'wait') }),
  );

  test('no virtual host is ever without its clusters, and all comes to rest as the provider says', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const link = new Link();
        link.connect();
        for (const next of commands) link.run(next);
        link.settle();
        expect(link.plan.idle).toBe(true);
        const hosts = [...link.current.wildcard('virtualHost').values()];
        expect([...link.client.hosts.values()].sort(byName)).toEqual(hosts.sort(byName));
        const required = hosts.flatMap(({ requires = [] }) => requires);
        const clusters = new Set([...link.current.wildcard('cluster').keys(), ...required]);
        expect([...link.client.clusters.keys()].sort()).toEqual([...clusters].sort());
        expect([...link.client.clusters.values()].filter((state) => state !== 'warm')).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

function byName(a: EncodedResource, b: EncodedResource): number {
  return a.name < b.name ? -1 : 1;
}
