import { expect, test } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { type ObjectChanges, objectKey, type SourceObject } from './object-source.ts';
import { ObjectStore } from './object-store.ts';

const object = (name: string, object: JsonObject = { metadata: { name } }): SourceObject => {
  const place = { kind: 'Sidecar', namespace: 'shop', name };
  return { apiVersion: 'networking.istio.io/v1', ...place, object, origin: place };
};
const many = Array.from({ length: 100 }, (_, index) => object(`s${index}`));

function setUp() {
  const faults: string[] = [];
  const store = new ObjectStore((fault) => faults.push(`${fault.code} ${fault.detail}`));
  const known = new Map<string, SourceObject>();
  const take = ({ upserts, removals }: ObjectChanges) => {
    for (const key of removals) known.delete(key);
    for (const one of upserts) known.set(objectKey(one), one);
  };
  let calls = 0;
  const picky = (changes: ObjectChanges) => {
    calls++;
    if (changes.upserts.some(({ name }) => name === 's7') || changes.removals.includes('Sidecar shop/s9'))
      throw new Error('no');
    take(changes);
  };
  return { store, faults, known, picky, calls: () => calls };
}

test('whoever cannot take an object is told all the others, and it is named', () => {
  const { store, faults, known, picky, calls } = setUp();
  store.follow(picky);
  store.change(many, []);
  expect([known.size, known.has('Sidecar shop/s7')]).toEqual([99, false]);
  expect(faults).toEqual(['OR1660 Sidecar shop/s7: no']);
  // By halves: 100 objects one by one would each be a snapshot of the mesh.
  expect(calls()).toBeLessThan(20);
  store.change([object('s7', { spec: {} }), object('new')], ['Sidecar shop/s8', 'Sidecar shop/s9']);
  expect(known.has('Sidecar shop/new')).toBe(true);
  expect([known.has('Sidecar shop/s8'), known.has('Sidecar shop/s9')]).toEqual([false, true]);
  expect(faults.slice(1)).toEqual(['OR1660 Sidecar shop/s9: no', 'OR1660 Sidecar shop/s7: no']);
});

test('those who follow beside it, and those who come later, miss nothing', () => {
  const { store, faults, picky } = setUp();
  store.change(many, []);
  store.follow(picky);
  const seen: string[] = [];
  store.follow(({ upserts, removals }) => seen.push(...upserts.map(({ name }) => name), ...removals));
  expect(seen).toHaveLength(100);
  store.change([object('s7', { spec: {} })], []);
  expect(seen.at(-1)).toBe('s7');
  expect(faults).toHaveLength(2);
});

test('an object that cannot be compared is another one', () => {
  const { store, faults } = setUp();
  const strange = () => object('x', Object.defineProperty({}, 'spec', { enumerable: true, get: () => fail() }));
  const fail = () => {
    throw new Error('no');
  };
  const seen: string[] = [];
  store.follow(({ upserts }) => seen.push(...upserts.map(({ name }) => name)));
  store.change([strange()], []);
  store.change([strange(), object('y')], []);
  expect([seen, faults]).toEqual([['x', 'x', 'y'], []]);
});
