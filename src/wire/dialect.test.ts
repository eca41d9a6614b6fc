import protobuf from 'protobufjs/minimal.js';
import { describe, expect, test } from 'vitest';
import { contentWriter } from '../xds/encode/converter.ts';
import { decodeMessage } from '../xds/encode/decode.ts';
import { encodeResource } from '../xds/encode/encode-resource.ts';
import { type EncodedResource, type Message, type ProxyResources, typeUrls, type XdsType } from '../xds/resource.ts';
import { SotwDialect } from './dialect.ts';
import { type Outgoing, PushPlan } from './push-plan.ts';

const made = new Map<string, EncodedResource>();

function encoded(type: XdsType, name: string, content: number): EncodedResource {
  const key = `${type} ${name} ${content}`;
  const message =
    type === 'cluster' ? { name, alt_stat_name: `${content}` } : { name, internal_only_headers: [`${content}`] };
  const known = made.get(key) ?? encodeResource({ type, name, message, origins: [] });
  made.set(key, known);
  return known;
}

type Contents = Readonly<Record<string, number>>;

function world(clusters: Contents, routes: Contents = {}): ProxyResources {
  const set = new Map(Object.entries(clusters).map(([name, content]) => [name, encoded('cluster', name, content)]));
  return {
    wildcard: (type) => (type === 'cluster' ? set : new Map()),
    named: (type, name) => {
      const content = (type === 'cluster' ? clusters : routes)[name];
      return content === undefined ? undefined : encoded(type, name, content);
    },
  };
}

interface Answer {
  readonly version: string;
  readonly nonce: string;
  readonly names: readonly string[];
}

/** A stream of the protocol, and its client's last words. */
class Stream {
  readonly dialect = new SotwDialect();
  readonly plan = new PushPlan('sotw');

  request(type: XdsType, fields: Message, current: ProxyResources): Answer[] {
    const writer = protobuf.Writer.create();
    contentWriter('envoy.service.discovery.v3.DiscoveryRequest')(writer, { type_url: typeUrls[type], ...fields });
    const request = this.dialect.read(Buffer.from(writer.finish()));
    if (request.nonce !== '') {
      this.dialect.answered(type, request.nonce, request.error === undefined ? 'taken' : 'rejected');
      this.plan.answered(type, request, 0);
    }
    const changes = request.changes(type, current);
    const asks = changes !== undefined && (changes.subscribe.length > 0 || !this.plan.subscriptions.has(type));
    const out =
      asks || (changes?.unsubscribe.length ?? 0) > 0 ? this.plan.request(type, changes ?? none, current, 0) : [];
    return [...this.#write(out), ...this.#write(this.plan.step(current, 0))];
  }

  push(current: ProxyResources, now = 0): Answer[] {
    this.plan.change();
    return this.#write(this.plan.step(current, now));
  }

  step(current: ProxyResources, now: number): Answer[] {
    return this.#write(this.plan.step(current, now));
  }

  #write(out: readonly Outgoing[]): Answer[] {
    return out.flatMap((response) => {
      const subscription = this.plan.subscriptions.get(response.type);
      const bytes = subscription === undefined ? undefined : this.dialect.write(response, subscription);
      if (bytes === undefined) return [];
      const fields = decodeMessage('envoy.service.discovery.v3.DiscoveryResponse', bytes);
      const resources = Array.isArray(fields['resources']) ? fields['resources'] : [];
      const names = resources.map((one) => `${one.name} ${one.alt_stat_name ?? one.internal_only_headers}`);
      return [{ version: String(fields['version_info']), nonce: String(fields['nonce']), names }];
    });
  }
}

const none = { subscribe: [], unsubscribe: [], initialVersions: new Map<string, string>() };
const ack = (answer: Answer | undefined): Message => ({ version_info: answer?.version, response_nonce: answer?.nonce });
const nack = (answer: Answer | undefined, message: string): Message => ({
  response_nonce: answer?.nonce,
  error_detail: { message },
});

describe('state of the world', () => {
  test('all clusters in each response; an ACK is not answered; a removal comes later, by a list without it', () => {
    const stream = new Stream();
    const first = stream.request('cluster', {}, world({ a: 1, b: 1 }));
    expect(first.map(({ names }) => names)).toEqual([['a 1', 'b 1']]);
    expect(stream.request('cluster', ack(first[0]), world({ a: 1, b: 1 }))).toEqual([]);
    const next = world({ b: 2 });
    const second = stream.push(next);
    expect(second.map(({ names }) => names)).toEqual([['a 1', 'b 2']]);
    expect(stream.request('cluster', ack(second[0]), next)).toEqual([]);
    expect(stream.step(next, 200).map(({ names }) => names)).toEqual([['b 2']]);
  });

  test('a client that comes back with the right version is sent nothing, with another all', () => {
    const current = world({ a: 1 }, { r: 1 });
    const before = new Stream();
    const clusters = before.request('cluster', {}, current)[0];
    const routes = before.request('route', { resource_names: ['r'] }, current)[0];
    const again = new Stream();
    expect(again.request('cluster', { version_info: clusters?.version }, current)).toEqual([]);
    expect(again.request('route', { version_info: routes?.version, resource_names: ['r'] }, current)).toEqual([]);
    const other = world({ a: 2 }, { r: 2 });
    const third = new Stream();
    expect(third.request('cluster', { version_info: clusters?.version }, other)).toMatchObject([{ names: ['a 2'] }]);
    expect(third.request('route', { version_info: routes?.version, resource_names: ['r'] }, other)).toMatchObject([
      { names: ['r 2'] },
    ]);
  });

  test('names: more are answered with all that there are, fewer are not answered, an old nonce is no word', () => {
    const current = world({}, { r: 1, s: 1 });
    const stream = new Stream();
    const first = stream.request('route', { resource_names: ['r'] }, current)[0];
    const second = stream.request('route', { ...ack(first), resource_names: ['r', 's', 'none'] }, current)[0];
    expect(second?.names).toEqual(['r 1', 's 1']);
    expect(stream.request('route', { ...ack(first), resource_names: ['r'] }, current)).toEqual([]);
    expect(stream.request('route', { ...ack(second), resource_names: ['s'] }, current)).toEqual([]);
    const changed = world({}, { r: 2, s: 2 });
    expect(stream.push(changed)).toMatchObject([{ names: ['s 2'] }]);
  });

  test('unknown names are left out; of nothing but those there is no answer', () => {
    const stream = new Stream();
    expect(stream.request('route', { resource_names: ['none'] }, world({}))).toEqual([]);
    expect(stream.request('cluster', {}, world({}))).toMatchObject([{ names: [] }]);
  });

  test('after a NACK the last good stays in the list, and what is good of the rejected one comes', () => {
    const stream = new Stream();
    const first = world({ a: 1, b: 1, c: 1 });
    const start = stream.request('cluster', {}, first)[0];
    stream.request('cluster', ack(start), first);
    const next = world({ a: 2, b: 2, c: 2 });
    const all = stream.push(next)[0];
    expect(all?.names).toEqual(['a 2', 'b 2', 'c 2']);
    const named = stream.request('cluster', nack(all, 'Error adding/updating cluster(s) b: bad'), next);
    expect(named.map(({ names }) => names)).toEqual([['a 2', 'b 1', 'c 2']]);
    expect(stream.request('cluster', ack(named[0]), next)).toEqual([]);
    const last = world({ a: 3, b: 2, c: 3 });
    expect(stream.push(last)).toMatchObject([{ names: ['a 3', 'b 1', 'c 3'] }]);
  });

  test('a NACK without a name: halves, one after the other', () => {
    const stream = new Stream();
    const first = world({ a: 1, b: 1, c: 1 });
    stream.request('cluster', ack(stream.request('cluster', {}, first)[0]), first);
    const next = world({ a: 2, b: 2, c: 2 });
    let answers = stream.push(next);
    const lists: (readonly string[])[] = [];
    for (let round = 0; round < 10 && answers.length > 0; round++) {
      const list = answers[0];
      lists.push(list?.names ?? []);
      const isBad = list?.names.includes('b 2');
      answers = stream.request('cluster', isBad ? nack(list, 'Invalid duration') : ack(list), next);
    }
    expect(lists.at(-1)).toEqual(['a 2', 'b 1', 'c 2']);
    expect([...(stream.plan.subscriptions.get('cluster')?.rejected.keys() ?? [])]).toEqual(['b']);
  });
});
