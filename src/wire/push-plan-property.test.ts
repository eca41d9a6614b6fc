import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nothing, type Services, world } from '../../test/push-plan-fixture.ts';
import type { EncodedResource, XdsType } from '../xds/resource.ts';
import { type Outgoing, PushPlan } from './push-plan.ts';

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
