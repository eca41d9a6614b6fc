import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeResource } from '../xds/encode/encode-resource.ts';
import type { EncodedResource, Patch, ProxyResources } from '../xds/resource.ts';
import { Fallbacks } from './fallbacks.ts';

const origin = { kind: 'EnvoyFilter', namespace: 'default', name: 'row' };
const patch = (key: string): Patch => ({ key, origin });

/** A cluster whose statistics are named after the patches in it. */
function patchedResource(base: string, keys: readonly string[]): EncodedResource {
  const by = keys.map(patch);
  const without = (left: readonly Patch[]): EncodedResource => {
    const rest = by.filter(({ key }) => !left.some((one) => one.key === key));
    const alt_stat_name = [base, ...rest.map(({ key }) => key)].join('+');
    const resource = encodeResource({ type: 'cluster', name: 'a', message: { name: 'a', alt_stat_name }, origins: [] });
    return { ...resource, patched: { by, leftOut: left, without } };
  };
  return without([]);
}

const plain = encodeResource({ type: 'cluster', name: 'b', message: { name: 'b' }, origins: [] });
const world = (resource: EncodedResource): ProxyResources => {
  const set = new Map([plain, resource].map((one) => [one.name, one]));
  return { wildcard: () => set, named: (_, name) => set.get(name) };
};

/** What a proxy that refuses these patches comes to, and the contents that it refused before. */
function tried(fallbacks: Fallbacks, resource: EncodedResource, isGood: (keys: readonly string[]) => boolean) {
  const of = world(resource);
  const refused: string[][] = [];
  for (;;) {
    const now = fallbacks.of(of).wildcard('cluster').get('a');
    expect(fallbacks.of(of).named('cluster', 'a')?.version).toBe(now?.version);
    const { by = [], leftOut = [] } = now?.patched ?? {};
    const keys = by.map(({ key }) => key).filter((key) => !leftOut.some((left) => left.key === key));
    if (now === undefined || isGood(keys)) return { keys, refused, left: leftOut.map(({ key }) => key) };
    refused.push(keys);
    if (!fallbacks.refused(now)) return { keys: undefined, refused, left: leftOut.map(({ key }) => key) };
  }
}

describe('a proxy that refuses what patches make of a resource', () => {
  test('nothing refused: the very world', () => {
    const of = world(patchedResource('v1', ['p']));
    expect(new Fallbacks().of(of)).toBe(of);
  });

  test('one or two patches to blame: these alone are left out of what it takes', () => {
    const lists = fc
      .uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 7 })
      .chain((keys) =>
        fc.tuple(fc.constant(keys), fc.subarray(keys, { minLength: 1, maxLength: Math.min(2, keys.length) })),
      );
    fc.assert(
      fc.property(lists, ([keys, bad]) => {
        const { left, refused } = tried(new Fallbacks(), patchedResource('v1', keys), (found) =>
          found.every((key) => !bad.includes(key)),
        );
        expect(left).toEqual(keys.filter((key) => bad.includes(key)));
        expect(new Set(refused.map(String)).size).toBe(refused.length);
      }),
    );
  });

  test('many to blame: none is in force, the resource is', () => {
    const keys = Array.from({ length: 9 }, (_, index) => `p${index}`);
    const { keys: found, refused } = tried(new Fallbacks(), patchedResource('v1', keys), (some) => some.length < 7);
    expect(found).toEqual([]);
    expect(refused).toHaveLength(33);
  });

  test('what is left out stays so when the rest changes, and is tried again when it is another one', () => {
    const fallbacks = new Fallbacks();
    const isGood = (keys: readonly string[]) => !keys.includes('bad');
    expect(tried(fallbacks, patchedResource('v1', ['one', 'bad']), isGood).left).toEqual(['bad']);
    expect(tried(fallbacks, patchedResource('v2', ['one', 'bad', 'new']), isGood)).toMatchObject({
      left: ['bad'],
      refused: [],
    });
    expect(tried(fallbacks, patchedResource('v2', ['one', 'mended']), isGood)).toMatchObject({ left: [], refused: [] });
  });

  test('another one to blame beside the one that is left out', () => {
    const fallbacks = new Fallbacks();
    tried(fallbacks, patchedResource('v1', ['one', 'bad']), (keys) => !keys.includes('bad'));
    const { left } = tried(
      fallbacks,
      patchedResource('v1', ['one', 'bad', 'worse']),
      (keys) => !keys.includes('bad') && !keys.includes('worse'),
    );
    expect(left).toEqual(['bad', 'worse']);
  });

  test('the resource itself is to blame: with its next content the patches are back', () => {
    const fallbacks = new Fallbacks();
    expect(tried(fallbacks, patchedResource('v1', ['one', 'two']), () => false).keys).toBeUndefined();
    expect(tried(fallbacks, patchedResource('v1', ['one', 'two']), () => false).refused).toHaveLength(1);
    expect(tried(fallbacks, patchedResource('v2', ['one', 'two']), () => true)).toMatchObject({
      left: [],
      refused: [],
    });
  });

  test('an answer to what was sent before the trial under way changes nothing; a resource of ours is not for trials', () => {
    const fallbacks = new Fallbacks();
    const first = patchedResource('v1', ['one', 'two']);
    expect(fallbacks.refused(first)).toBe(true);
    expect(fallbacks.refused(patchedResource('v0', ['one', 'two']))).toBe(false);
    expect(
      fallbacks
        .of(world(first))
        .named('cluster', 'a')
        ?.patched?.leftOut.map(({ key }) => key),
    ).toEqual(['two']);
    expect(fallbacks.refused(plain)).toBe(false);
    expect(fallbacks.of(world(first)).named('cluster', 'b')).toBe(plain);
  });

  test('a resource that is made anew between two refusals is the same to it', () => {
    const fallbacks = new Fallbacks();
    const make = () => patchedResource('v1', ['bad', 'one', 'two']);
    for (const expected of ['two', 'one', 'bad']) {
      expect(fallbacks.refused(fallbacks.of(world(make())).named('cluster', 'a') ?? plain)).toBe(true);
      const now = fallbacks.of(world(make())).named('cluster', 'a');
      expect(now?.patched?.leftOut.map(({ key }) => key)).toEqual([expected]);
    }
  });

  test('patches whose contents are the same are one trial', () => {
    const by = [patch('one'), patch('two')];
    const without = (left: readonly Patch[]): EncodedResource => ({
      ...plain,
      version: left.length === 2 ? 'good' : 'bad',
      patched: { by, leftOut: left, without },
    });
    const fallbacks = new Fallbacks();
    expect(fallbacks.refused(without([]))).toBe(true);
    expect(fallbacks.of(world(without([]))).named('cluster', 'b')?.version).toBe('good');
  });
});
