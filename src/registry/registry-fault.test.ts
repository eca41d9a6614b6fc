import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import type { SourceObject } from '../source/object-source.ts';
import { Derivation } from './derivation.ts';
import { Registry } from './registry.ts';

/** What no reader survives: whoever looks at its spec is thrown at. */
function hostile(kind: string, name: string, get: () => JsonObject = tooDeep): SourceObject {
  const given = { apiVersion: apiOf(kind), kind, metadata: { name, namespace: 'shop' } };
  return source(Object.defineProperty(given, 'spec', { enumerable: true, get }));
}

function tooDeep(): never {
  throw new RangeError('Maximum call stack size exceeded');
}

function source(object: JsonObject): SourceObject {
  const { kind, apiVersion, metadata } = object as { kind: string; apiVersion: string; metadata: JsonObject };
  const place = { kind, namespace: 'shop', name: String(metadata['name']) };
  return { ...place, apiVersion, object, origin: place };
}

const apiOf = (kind: string): string =>
  ({
    ...{ Service: 'v1', Pod: 'v1' },
    ...{ AuthorizationPolicy: 'security.istio.io/v1', PeerAuthentication: 'security.istio.io/v1' },
    ...{ RequestAuthentication: 'security.istio.io/v1' },
  })[kind] ?? 'networking.istio.io/v1';

const service = (name: string): SourceObject =>
  source({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' } },
    spec: { clusterIP: '10.0.0.1', ports: [{ port: 80 }] },
  });

function setUp() {
  const told: string[] = [];
  const registry = new Registry({
    domainSuffix: 'c',
    onProblem: ({ code, origin: { kind, name } }) => told.push(`${code} ${kind} ${name}`),
    onFault: ({ code, detail }) => told.push(`${code} ${detail}`),
  });
  const put = (...upserts: SourceObject[]) => registry.apply({ upserts, removals: [] });
  const names = () => registry.snapshot.services.map(({ name }) => name).sort();
  return { registry, put, names, told };
}

describe('an object that its reader throws at', () => {
  test.each(['VirtualService', 'Service', 'Pod', 'DestinationRule'])(
    '%s: it is named, and the rest goes on',
    (kind) => {
      const { put, names, told } = setUp();
      put(service('a'), hostile(kind, 'bad'), service('b'));
      expect([names(), told]).toEqual([['a', 'b'], [`OR1660 ${kind} bad`]]);
      put(service('c'));
      expect([names(), told.length]).toEqual([['a', 'b', 'c'], 1]);
    },
  );

  test('what it was before holds, and when it is right again there is no problem any more', () => {
    const { registry, put, names } = setUp();
    put(service('a'));
    const before = registry.snapshot;
    put(hostile('Service', 'a'));
    expect([names(), registry.snapshot === before]).toEqual([['a'], true]);
    expect(registry.problems()).toMatchObject([{ code: 'OR1660', severity: 'error' }]);
    put(service('a'));
    expect(registry.problems()).toEqual([]);
  });

  test('a policy that never was right lets nobody in', () => {
    const { registry, put } = setUp();
    let looks = 0;
    const policy = hostile('AuthorizationPolicy', 'p', () => {
      if (looks++ === 0) throw new Error('no');
      return { rules: 7 };
    });
    put(policy);
    expect(registry.snapshot.authorizationPolicies.map(({ spec }) => spec.action)).toEqual(['ALLOW']);
    expect(registry.problems()[0]?.message).toContain('until it is right it lets nobody in');
  });

  test.each([
    ['AuthorizationPolicy', { action: 'DENY', rules: [{}] }],
    ['PeerAuthentication', { mtls: { mode: 'STRICT' } }],
  ])('%s that throws whenever it is looked at is closed', (kind, spec) => {
    const { registry, put, told } = setUp();
    put(hostile(kind, 'p'));
    const { authorizationPolicies, peerAuthentications } = registry.snapshot;
    expect([...authorizationPolicies, ...peerAuthentications].map((policy) => policy.spec)).toEqual([spec]);
    expect(told).toEqual([`OR1660 ${kind} p`]);
  });

  test('of the issuers of a rule that throws each time no token is taken, and its other rules stay', () => {
    const { registry, put, told } = setUp();
    const bad = Object.defineProperty({ issuer: 'bad' }, 'jwksUri', { enumerable: true, get: tooDeep });
    const good = { issuer: 'good', jwks: '{"keys":[]}' };
    put(
      source({
        ...{ apiVersion: apiOf('RequestAuthentication'), kind: 'RequestAuthentication' },
        metadata: { name: 'tokens', namespace: 'shop' },
        spec: { jwtRules: [good, bad as JsonObject] },
      }),
    );
    expect(registry.snapshot.requestAuthentications.map(({ spec }) => spec?.jwtRules)).toEqual([
      [good, { issuer: 'bad', jwks: '{"keys":[]}' }],
    ]);
    expect(told).toEqual(['OR1660 RequestAuthentication tokens']);
  });
});

test('who follows the mesh and throws keeps no other from it', () => {
  const { registry, put, told } = setUp();
  registry.onSnapshot(() => {
    throw new Error('no');
  });
  const seen: number[] = [];
  registry.onSnapshot(({ services }) => seen.push(services.length));
  put(service('a'));
  put(service('b'));
  expect(seen).toEqual([1, 2]);
  expect(told).toEqual(['OR1661 who follows the mesh: no', 'OR1661 who follows the mesh: no']);
});

test('a value that cannot be made stays as it was, is tried again with what it reads, and stops no other', () => {
  const inputs = new Map([
    ['a', 1],
    ['bad', 1],
    ['z', 1],
  ]);
  const told: string[] = [];
  const values = new Derivation(
    (key, read) => {
      read(`input ${key}`);
      const value = inputs.get(key);
      if (key === 'bad' && value === 2) throw new Error('no');
      return value;
    },
    (key, error) => told.push(`${key} ${error}`),
  );
  const change = (value: number) => {
    for (const key of inputs.keys()) {
      inputs.set(key, value);
      values.touch(key);
    }
    return values.settle().map(({ key }) => key);
  };
  expect(change(1)).toEqual(['a', 'bad', 'z']);
  expect(change(2)).toEqual(['a', 'z']);
  expect(values.values.get('bad')).toBe(1);
  expect(values.settle()).toEqual([]);
  expect(change(3)).toEqual(['a', 'bad', 'z']);
  expect(told).toEqual(['bad Error: no', 'bad undefined']);
});
