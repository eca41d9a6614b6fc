import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import type { OutriggerError } from '../../errors.ts';
import type { JsonObject } from '../../model/json.ts';
import type { KubeConnection, KubeRequest } from './connection.ts';
import { type PublishedRoots, RootConfigMaps } from './root-config-maps.ts';

/** As much of an API server as knows one ConfigMap a namespace; the real one is in test/cluster. */
class FakeApi implements KubeConnection {
  readonly server = 'https://api';
  readonly maps = new Map<string, { root: string; owner: string; version: number }>();
  readonly applied: string[] = [];
  refuse: (namespace: string) => { status: number; body?: JsonObject } | undefined = () => undefined;
  #version = 1;
  readonly #watches = new Set<PassThrough>();

  reload(): void {}

  write(namespace: string, root: string, owner?: string): void {
    const known = this.maps.get(namespace);
    this.maps.set(namespace, { root, owner: owner ?? known?.owner ?? '', version: ++this.#version });
    this.#tell(known === undefined ? 'ADDED' : 'MODIFIED', this.#object(namespace));
  }

  delete(namespace: string): void {
    const object = this.#object(namespace);
    this.maps.delete(namespace);
    this.#tell('DELETED', object);
  }

  json = async (call: KubeRequest) => {
    const answer = (status: number, body: JsonObject = {}) => ({ status, retryAfterMs: undefined, body });
    if (call.method === 'GET') {
      expect(call.query).toMatchObject({ fieldSelector: 'metadata.name=istio-ca-root-cert' });
      const items = [...this.maps.keys()].map((namespace) => this.#object(namespace));
      return answer(200, { metadata: { resourceVersion: String(this.#version) }, items });
    }
    const namespace = call.path.split('/')[4] ?? '';
    const refusal = this.refuse(namespace);
    if (refusal !== undefined) return answer(refusal.status, refusal.body);
    const { metadata, data } = call.body as { metadata: Record<string, unknown>; data: Record<string, string> };
    const known = this.maps.get(namespace);
    const conflict = metadata['resourceVersion'] !== undefined && metadata['resourceVersion'] !== `${known?.version}`;
    if (conflict || (known !== undefined && call.query?.['force'] === 'false')) return answer(409);
    this.applied.push(namespace);
    const owner = (metadata['labels'] as Record<string, string>)['outrigger.io/mesh-root-of'];
    this.write(namespace, data['root-cert.pem'] ?? '', owner);
    return answer(200);
  };

  stream = async () => {
    const watch = new PassThrough();
    this.#watches.add(watch);
    return Object.assign(watch, { statusCode: 200 }) as unknown as IncomingMessage;
  };

  end(): void {
    for (const watch of this.#watches) watch.end();
  }

  #tell(type: string, object: JsonObject): void {
    for (const watch of this.#watches) watch.write(`${JSON.stringify({ type, object })}\n`);
  }

  #object(namespace: string): JsonObject {
    const { root, owner, version } = this.maps.get(namespace) ?? { root: '', owner: '', version: 0 };
    const labels: JsonObject = owner === '' ? {} : { 'outrigger.io/mesh-root-of': owner };
    return { metadata: { namespace, resourceVersion: String(version), labels }, data: { 'root-cert.pem': root } };
  }
}

class Roots implements PublishedRoots {
  readonly #listeners = new Set<() => void>();
  /** What the Secret holds. */
  stored: string;
  #text: string;

  constructor(text: string) {
    this.#text = text;
    this.stored = text;
  }

  current = () => this.#text;
  refresh = async () => {
    if (this.#text === this.stored) return;
    this.#text = this.stored;
    for (const listener of this.#listeners) listener();
  };
  onChange = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

class Namespaces {
  readonly #listeners = new Set<(namespace: { name: string }) => void>();
  readonly names: Set<string>;

  constructor(...names: string[]) {
    this.names = new Set(names);
  }

  namespace = (name: string) => (this.names.has(name) ? name : undefined);
  onNamespace = (listener: (namespace: { name: string }) => void) => {
    this.#listeners.add(listener);
    for (const name of this.names) listener({ name });
    return () => this.#listeners.delete(listener);
  };
  add(name: string): void {
    this.names.add(name);
    for (const listener of this.#listeners) listener({ name });
  }
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function start(api: FakeApi, namespaces: Namespaces, roots: PublishedRoots = new Roots('R')) {
  const problems: OutriggerError[] = [];
  const abort = new AbortController();
  const maps = new RootConfigMaps({
    ...{ connection: api, namespaces, owner: 'outrigger-system', excluded: ['kube-system'] },
    onProblem: (error) => problems.push(error),
    random: () => 0,
  });
  maps.start(roots, abort.signal);
  stops.push(() => {
    abort.abort();
    api.end();
  });
  return { maps, problems, abort };
}

const soon = { timeout: 10_000, interval: 5 };
const rootsOf = (api: FakeApi) => Object.fromEntries([...api.maps].map(([name, { root }]) => [name, root]));

test('every namespace gets it but the excluded ones; deleted or changed, it comes back', async () => {
  const api = new FakeApi();
  const namespaces = new Namespaces('shop', 'kube-system');
  const { problems } = start(api, namespaces);
  await vi.waitFor(() => expect(rootsOf(api)).toEqual({ shop: 'R' }), soon);
  namespaces.add('cart');
  await vi.waitFor(() => expect(rootsOf(api)).toEqual({ shop: 'R', cart: 'R' }), soon);
  api.delete('shop');
  api.write('cart', 'x');
  await vi.waitFor(() => expect(rootsOf(api)).toEqual({ shop: 'R', cart: 'R' }), soon);
  expect(api.applied.toSorted()).toEqual(['cart', 'cart', 'shop', 'shop']);
  expect(problems).toEqual([]);
});

test('of two replicas the one that has not seen the new roots yet looks, and does not fight', async () => {
  const api = new FakeApi();
  const namespaces = new Namespaces('shop');
  const [one, two] = [new Roots('R'), new Roots('R')];
  const all = [start(api, namespaces, one), start(api, namespaces, two)];
  await vi.waitFor(() => expect(rootsOf(api)).toEqual({ shop: 'R' }), soon);
  one.stored = 'R2';
  two.stored = 'R2';
  await one.refresh();
  await vi.waitFor(() => expect([rootsOf(api), two.current()]).toEqual([{ shop: 'R2' }, 'R2']), soon);
  expect(api.applied.length).toBeLessThanOrEqual(4);
  expect(all.flatMap(({ problems }) => problems)).toEqual([]);
});

test("another's is left alone and told once, all in one line; right as soon as it has our roots", async () => {
  const api = new FakeApi();
  const names = Array.from({ length: 7 }, (_, index) => `ns-${index}`);
  for (const name of names) api.write(name, 'istio');
  const { maps, problems } = start(api, new Namespaces(...names));
  await vi.waitFor(() => expect(problems.length).toBe(1), soon);
  expect(problems[0]?.message).toBe('OR2220 istio-ca-root-cert of ns-0, ns-1, ns-2, ns-3, ns-4 and 2 more namespaces');
  expect(api.applied).toEqual([]);
  api.write('ns-0', 'R');
  await vi.waitFor(() => expect(maps.foreign).toEqual(names.slice(1)), soon);
  expect(problems.length).toBe(1);
});

test('who is faster keeps it', async () => {
  const api = new FakeApi();
  // Between the decision and the call.
  api.refuse = (name) => {
    if (!api.maps.has(name)) api.write(name, 'istio');
    return undefined;
  };
  const { problems } = start(api, new Namespaces('shop'));
  await vi.waitFor(() => expect(problems[0]?.code).toBe('OR2220'), soon);
  expect([rootsOf(api), api.applied]).toEqual([{ shop: 'istio' }, []]);
});

test('what another writes again and again is put right three times', async () => {
  const api = new FakeApi();
  const { problems } = start(api, new Namespaces('shop'));
  await vi.waitFor(() => expect(rootsOf(api)).toEqual({ shop: 'R' }), soon);
  for (const text of ['1', '2', '3']) {
    api.write('shop', text);
    await vi.waitFor(() => expect(rootsOf(api)).toEqual({ shop: 'R' }), soon);
  }
  api.write('shop', '4');
  await vi.waitFor(() => expect(problems[0]?.code).toBe('OR2220'), soon);
  expect(rootsOf(api)).toEqual({ shop: '4' });
});

test('a refusal is told once and holds up no other namespace; an API server that is away is waited for', async () => {
  const api = new FakeApi();
  const namespaces = new Namespaces('a', 'b');
  api.refuse = (name) => (name === 'a' ? { status: 422, body: { message: 'immutable' } } : undefined);
  const { problems } = start(api, namespaces);
  await vi.waitFor(() => expect(rootsOf(api)).toEqual({ b: 'R' }), soon);
  expect(problems.map(({ message }) => message)).toEqual(['OR2221 a: 422: immutable']);
  api.refuse = () => ({ status: 500 });
  namespaces.add('c');
  await vi.waitFor(() => expect(problems.length).toBe(2), soon);
  api.refuse = () => undefined;
  await vi.waitFor(() => expect(rootsOf(api)).toEqual({ b: 'R', c: 'R' }), soon);
  expect(problems.length).toBe(2);
});

test('a namespace that ends is no problem', async () => {
  const api = new FakeApi();
  const ending = { details: { causes: [{ reason: 'NamespaceTerminating' }] } };
  let asked = 0;
  api.refuse = () => {
    asked += 1;
    return { status: 403, body: ending };
  };
  const namespaces = new Namespaces('shop');
  const { problems } = start(api, namespaces);
  await vi.waitFor(() => expect(asked).toBe(1), soon);
  namespaces.names.delete('shop');
  expect(problems).toEqual([]);
});
