import { expect, test } from 'vitest';
import { namespaceFacts } from './namespace-facts.ts';

const facts = {
  namespace: (name: string) => (name === 'shop' ? { name, labels: { a: 'b' }, annotations: {} } : undefined),
};
const given = { namespace: undefined, labels: undefined, annotations: undefined };

test('a namespace that nobody knows is OR1111, as the webhook answers; what is given makes it known', () => {
  expect(namespaceFacts(facts, given)('shop')).toEqual({ name: 'shop', labels: { a: 'b' }, annotations: {} });
  expect(namespaceFacts(facts, given)('nope')).toMatchObject({ name: 'nope', error: { code: 'OR1111' } });
  expect(namespaceFacts(facts, { ...given, labels: {} })('nope')).toEqual({
    name: 'nope',
    labels: {},
    annotations: {},
  });
  expect(namespaceFacts(facts, { ...given, annotations: { x: 'y' } })('nope')).toEqual({
    name: 'nope',
    labels: {},
    annotations: { x: 'y' },
  });
});
