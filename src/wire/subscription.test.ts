import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeResource } from '../xds/encode/encode-resource.ts';
import type { EncodedResource, ProxyResources, ResourceSet, XdsType } from '../xds/resource.ts';
import { type Delta, DeltaSubscription } from './subscription.ts';

const made = new Map<string, EncodedResource>();

/** `content` 9 is what the simulated Envoy rejects. */
function resource(type: XdsType, name: string, content: number): EncodedResource {
  const key = `${type} ${name} ${content}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const messages = {
    cluster: { name, alt_stat_name: `${content}` },
    endpoint: { cluster_name: name, policy: { overprovisioning_factor: content } },
    listener: { name, stat_prefix: `${content}` },
    route: { name, ignore_port_in_host_matching: true, internal_only_headers: [`${content}`] },
    virtualHost: { name, domains: [`${content}`] },
    extension: { name: `${name} ${content}` },
    secret: { name, generic_secret: { secret: { inline_string: `${content}` } } },
  };
  const encoded = encodeResource({ type, name, message: messages[type], origins: [] });
  made.set(key, encoded);
  return encoded;
}

const bad = 9;
const isBad = (found: EncodedResource): boolean => found.sotwFrame === resource(found.type, found.name, bad).sotwFrame;

type Contents = Readonly<Record<string, number | undefined>>;

interface World {
  readonly type: XdsType;
  readonly wildcard: Contents;
  readonly named: Contents;
}

/** Virtual hosts answer `80/x1` and `80/x2` with the resource `80/x`. */
function ownName(type: XdsType, asked: string): string {
  return type === 'virtualHost' ? asked.replace(/[0-9]$/, '') : asked;
}

function provider({ type, wildcard, named }: World): ProxyResources {
  const set: ResourceSet = new Map(
    Object.entries(wildcard).map(([name, content = 0]) => [name, resource(type, name, content)]),
  );
  return {
    wildcard: () => set,
    named: (_, asked) => {
      const name = ownName(type, asked);
      const content = wildcard[name] ?? named[name];
      return content === undefined ? undefined : resource(type, name, content);
    },
  };
}

/** An Envoy as far as one type of a stream goes. */
class Client {
  readonly type: XdsType;
  readonly held = new Map<string, EncodedResource>();
  readonly names = new Set<string>();
  wildcard: boolean;
  received = 0;

  constructor(type: XdsType, wildcard: boolean) {
    this.type = type;
    this.wildcard = wildcard;
  }

  /** The reason of a NACK, or undefined. */
  receive({ resources, removed }: Pick<Delta, 'resources' | 'removed'>): string | undefined {
    this.received += resources.length + removed.length;
    const both = resources.filter(({ name }) => removed.includes(name));
    expect(both).toEqual([]);
    const wrong = resources.filter(isBad);
    const oneByOne = this.type === 'cluster' || this.type === 'listener';
    const reasons = wrong.map(({ name }) => `${name}: it is bad`).join(', ');
    if (wrong.length > 0 && !oneByOne) return 'Proto constraint validation failed';
    for (const found of resources) if (!wrong.includes(found) && this.#wants(found)) this.held.set(found.name, found);
    for (const name of removed) this.held.delete(name);
    return wrong.length > 0 ? `Error adding/updating ${this.type}(s) ${reasons}` : undefined;
  }

  #wants({ name, aliases = [] }: EncodedResource): boolean {
    return this.wildcard || this.names.has(name) || aliases.some((alias) => this.names.has(alias));
  }

  unsubscribe(name: string): void {
    this.names.delete(name);
    for (const held of this.held.values()) if (!this.#wants(held)) this.held.delete(held.name);
  }
}

type Command =
  | { readonly do: 'subscribe' | 'unsubscribe'; readonly name: string }
  | {
      readonly do: 'change';
      readonly wildcard: Contents;
      readonly named: Contents;
    }
  | { readonly do: 'push' | 'receive' | 'reconnect' };

/** Client and server with a queue between them. */
class Link {
  readonly client: Client;
  world: ProxyResources = provider({ type: 'cluster', wildcard: {}, named: {} });
  subscription: DeltaSubscription;
  #queue: { readonly nonce: string; readonly delta: Pick<Delta, 'resources' | 'removed'> }[] = [];
  #nonce = 0;
  #begun = false;

  constructor(client: Client) {
    this.client = client;
    this.subscription = new DeltaSubscription(client.type);
  }

  connect(): void {
    this.subscription = new DeltaSubscription(this.client.type);
    this.#queue = [];
    // Without names the first request would mean all: such a client waits until it has one.
    this.#begun = this.client.wildcard || this.client.names.size > 0;
    if (!this.#begun) return;
    const initialVersions = new Map([...this.client.held].map(([name, { version }]) => [name, version]));
    const legacy = this.client.type !== 'endpoint' && initialVersions.size === 0 && this.client.names.size === 0;
    const subscribe = [...(this.client.wildcard && !legacy ? ['*'] : []), ...this.client.names];
    this.subscription.request({ subscribe, unsubscribe: [], initialVersions });
    this.#write(this.subscription.answer(this.world));
  }

  run(command: Command): void {
    if (command.do === 'subscribe') this.#ask(command.name);
    else if (command.do === 'unsubscribe') this.#forget(command.name);
    else if (command.do === 'change') this.world = provider({ type: this.client.type, ...command });
    else if (command.do === 'push') this.push();
    else if (command.do === 'receive') this.receive();
    else this.connect();
  }

  #ask(name: string): void {
    this.client.names.add(name);
    if (!this.#begun) {
      this.connect();
      return;
    }
    this.subscription.request({ subscribe: [name], unsubscribe: [], initialVersions: new Map() });
    this.#write(this.subscription.answer(this.world));
  }

  #forget(name: string): void {
    if (!this.client.names.has(name) || !this.#begun) return;
    this.client.unsubscribe(name);
    this.subscription.request({ subscribe: [], unsubscribe: [name], initialVersions: new Map() });
    this.#write(this.subscription.answer(this.world));
  }

  push(): boolean {
    if (!this.#begun) return false;
    const delta = this.subscription.missing(this.world);
    const removed = [...delta.removed, ...delta.retired];
    if (delta.resources.length + removed.length === 0) return false;
    this.#write({ ...delta, removed });
    return true;
  }

  #write(delta: (Pick<Delta, 'resources' | 'removed'> & { readonly set?: ResourceSet }) | undefined): void {
    if (delta === undefined) return;
    this.#nonce += 1;
    this.subscription.sent(delta, `${this.#nonce}`, 0);
    this.#queue.push({ nonce: `${this.#nonce}`, delta });
  }

  receive(): boolean {
    const next = this.#queue.shift();
    if (next === undefined) return false;
    const reason = this.client.receive(next.delta);
    if (reason === undefined) this.subscription.ack(next.nonce, 0);
    else this.subscription.nack(next.nonce, reason, 0);
    this.#write(this.subscription.nextRetry());
    return true;
  }

  settle(): void {
    for (let round = 0; round < 200; round++) {
      const moved = this.receive() || this.push();
      if (!moved) return;
    }
    throw new Error('does not come to rest');
  }
}

function dueTo({ client, world }: Link): Map<string, EncodedResource> {
  const due = new Map(client.wildcard ? world.wildcard(client.type) : []);
  for (const asked of client.names) {
    const found = world.named(client.type, asked);
    if (found !== undefined) due.set(found.name, found);
  }
  return due;
}

function expectInAccord(link: Link): void {
  const { client, subscription } = link;
  const due = dueTo(link);
  for (const [name, wanted] of due) {
    if (isBad(wanted)) expect(subscription.rejected.has(name)).toBe(true);
    else expect(client.held.get(name)?.sotwFrame === wanted.sotwFrame).toBe(true);
  }
  for (const name of client.held.keys()) expect(due.has(name)).toBe(true);
  for (const asked of client.names) {
    const wanted = due.get(ownName(client.type, asked));
    if (wanted === undefined || wanted.name === asked || isBad(wanted)) continue;
    expect(client.held.get(wanted.name)?.aliases).toContain(asked);
  }
}

describe.each<XdsType>(['cluster', 'endpoint', 'virtualHost'])('%s', (type) => {
  const names = type === 'virtualHost' ? ['80/a1', '80/a2', '80/b1', '80/b2', '80/c'] : ['a', 'b', 'c', 'd', 'aa'];
  const own = [...new Set(names.map((name) => ownName(type, name)))];
  const contents = fc.record(Object.fromEntries(own.map((name) => [name, fc.constantFrom(1, 2, 3, bad)])), {
    requiredKeys: [],
  });
  const name = fc.constantFrom(...names);
  const command: fc.Arbitrary<Command> = fc.oneof(
    fc.record({ do: fc.constantFrom('subscribe', 'unsubscribe'), name }),
    fc.record({ do: fc.constant('change'), wildcard: contents, named: contents }),
    fc.record({ do: fc.constantFrom('push', 'receive', 'receive', 'reconnect') }),
  );

  test.each(['wildcard', 'names'])('whatever happens, a client with %s ends with what the provider says', (kind) => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const link = new Link(new Client(type, kind === 'wildcard'));
        link.connect();
        for (const next of commands) link.run(next);
        link.settle();
        expectInAccord(link);
      }),
      { numRuns: 400 },
    );
  });

  test('a client that comes back is sent nothing that it has', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), contents, (commands, wildcard) => {
        const link = new Link(new Client(type, true));
        link.connect();
        for (const next of commands) link.run(next);
        const good = Object.fromEntries(Object.entries(wildcard).filter(([, content]) => content !== bad));
        link.run({ do: 'change', wildcard: good, named: {} });
        link.settle();
        const before = link.client.received;
        link.connect();
        link.settle();
        const unknown = [...link.client.names].filter((asked) => link.world.named(type, asked) === undefined);
        expect(link.client.received - before).toBe(unknown.length);
      }),
    );
  });
});

describe('single rules', () => {
  const request = (subscribe: string[], versions: Record<string, string> = {}) => ({
    subscribe,
    unsubscribe: [],
    initialVersions: new Map(Object.entries(versions)),
  });
  const clusters = provider({ type: 'cluster', wildcard: { a: 1 }, named: { b: 1 } });

  test('an empty first answer is an answer; without a request nothing is', () => {
    const subscription = new DeltaSubscription('cluster');
    subscription.request(request([]));
    const empty = provider({ type: 'cluster', wildcard: {}, named: {} });
    expect(subscription.answer(empty)).toMatchObject({ resources: [], removed: [] });
    expect(subscription.answer(empty)).toBeUndefined();
  });

  test('a type without legacy wildcard that names nothing gets nothing', () => {
    const subscription = new DeltaSubscription('endpoint');
    subscription.request(request([]));
    expect(subscription.answer(provider({ type: 'endpoint', wildcard: { a: 1 }, named: {} }))?.resources).toEqual([]);
  });

  test('names beside a wildcard keep both', () => {
    const subscription = new DeltaSubscription('cluster');
    subscription.request(request([]));
    subscription.sent(subscription.answer(clusters) ?? { resources: [], removed: [] }, '1', 0);
    subscription.request(request(['b', 'none']));
    const answer = subscription.answer(clusters);
    expect(answer?.resources.map(({ name }) => name)).toEqual(['b']);
    expect(answer?.removed).toEqual(['none']);
    expect(subscription.wildcard).toBe(true);
  });

  test('asked again, answered again', () => {
    const subscription = new DeltaSubscription('endpoint');
    const endpoints = provider({ type: 'endpoint', wildcard: {}, named: { a: 1 } });
    subscription.request(request(['a']));
    subscription.sent(subscription.answer(endpoints) ?? { resources: [], removed: [] }, '1', 0);
    expect(subscription.missing(endpoints).resources).toEqual([]);
    subscription.request(request(['a']));
    expect(subscription.answer(endpoints)?.resources).toHaveLength(1);
    subscription.force(['a', 'unasked']);
    expect(subscription.missing(endpoints).resources).toHaveLength(1);
  });

  test('two names of one virtual host are one resource with sorted aliases', () => {
    const hosts = provider({ type: 'virtualHost', wildcard: {}, named: { '80/a': 1 } });
    const subscription = new DeltaSubscription('virtualHost');
    subscription.request(request(['80/a2', '80/a1']));
    const answer = subscription.answer(hosts);
    expect(answer?.resources.map(({ name, aliases }) => [name, aliases])).toEqual([['80/a', ['80/a1', '80/a2']]]);
    const again = new DeltaSubscription('virtualHost');
    again.request(request(['*', '80/a1', '80/a2'], { '80/a': answer?.resources[0]?.version ?? '' }));
    expect(again.answer(hosts)).toBeUndefined();
    expect(again.missing(hosts)).toMatchObject({ resources: [], removed: [], retired: [] });
  });

  test('what a client brings and is gone is retired', () => {
    const subscription = new DeltaSubscription('cluster');
    subscription.request(request(['*', 'x'], { a: resource('cluster', 'a', 1).version, x: 'old', y: 'old' }));
    expect(subscription.answer(clusters)).toBeUndefined();
    expect(subscription.missing(clusters)).toMatchObject({ resources: [], removed: [], retired: ['x', 'y'] });
  });

  test('the set of a wildcard is remembered by reference: the same lists for all who have nothing', () => {
    const lists = [1, 2].map(() => {
      const subscription = new DeltaSubscription('cluster');
      subscription.request(request([]));
      return subscription.missing(clusters).resources;
    });
    expect(lists[0]).toBe(lists[1]);
  });
});
