import { expect, test } from 'vitest';
import { defaultMeshSettings } from '../model/mesh-settings.ts';
import { Registry } from '../registry/registry.ts';
import type { SourceObject } from '../source/object-source.ts';
import { admissionDoubts } from './admission-doubts.ts';

const source = (apiVersion: string, kind: string, name: string, content: object): SourceObject => {
  const place = { kind, namespace: 'shop', name };
  return { apiVersion, ...place, object: { apiVersion, kind, metadata: { name }, ...content }, origin: place };
};
const routes = (host: string) => ({ spec: { hosts: ['cart'], http: [{ route: [{ destination: { host } }] }] } });
const virtualService = (name: string, host: string) =>
  source('networking.istio.io/v1', 'VirtualService', name, routes(host));

function doubtsOf(objects: readonly SourceObject[], now: () => number = () => 0) {
  const registry = new Registry({ domainSuffix: 'cluster.local' });
  registry.apply({ upserts: objects, removals: [] });
  const doubts = admissionDoubts({
    ...{ snapshot: () => registry.snapshot, settings: defaultMeshSettings, now, budgetMs: 100 },
  });
  return ({ object }: SourceObject) => doubts(object, 'shop');
}

const cart = source('v1', 'Service', 'cart', { spec: { ports: [{ name: 'http', port: 80 }] } });

test('what it names is looked for', () => {
  const doubts = doubtsOf([cart]);
  expect(doubts(virtualService('a', 'cart'))).toEqual([]);
  expect(doubts(virtualService('a', 'kart'))).toEqual([expect.stringMatching(/^OR3001 spec\.http\[0\].*kart\.shop/)]);
});

test('it takes the place of the one that it follows, and is the youngest where it is new', () => {
  const doubts = doubtsOf([cart, virtualService('a', 'kart')]);
  expect(doubts(virtualService('a', 'cart'))).toEqual([]);
  expect(doubts(virtualService('b', 'cart'))).toEqual([expect.stringMatching(/^OR3030 .*VirtualService shop\/a/)]);
});

test('doubts about others are not told to whoever writes this one', () => {
  const doubts = doubtsOf([cart, virtualService('z', 'kart')]);
  const servers = [{ hosts: ['a.example'], port: { number: 80, name: 'http', protocol: 'HTTP' } }];
  const gateway = { spec: { selector: { istio: 'ingress' }, servers } };
  expect(doubts(source('networking.istio.io/v1', 'Gateway', 'a', gateway))).toEqual([expect.stringMatching(/^OR3011/)]);
});

test('when it takes too long, what is left is not begun, and that is said', () => {
  let now = 0;
  const doubts = doubtsOf([cart], () => {
    now += 60;
    return now;
  });
  expect(doubts(virtualService('a', 'kart'))).toEqual([
    expect.stringMatching(/^OR3001/),
    expect.stringMatching(/^OR2551 .*100 ms/),
  ]);
});

test('before everything is listed, nothing is doubted', () => {
  const doubts = admissionDoubts({
    ...{ snapshot: () => undefined, settings: defaultMeshSettings, now: () => 0, budgetMs: 100 },
  });
  expect(doubts(virtualService('a', 'kart').object, 'shop')).toEqual([]);
});

test('ten thousand routes are looked at well within the time of a test', () => {
  const http = Array.from({ length: 10_000 }, (_, index) => ({
    ...{
      match: [{ uri: { prefix: `/${index}/` } }],
      route: [{ destination: { host: index % 2 === 0 ? 'cart' : 'kart' } }],
    },
  }));
  const object = source('networking.istio.io/v1', 'VirtualService', 'a', { spec: { hosts: ['cart'], http } });
  const doubts = doubtsOf([cart]);
  expect(doubts(object)).toEqual([expect.stringMatching(/^OR3001 .*and in 4999 more places/)]);
});
