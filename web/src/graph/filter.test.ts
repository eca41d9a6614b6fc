import { expect, test } from 'vitest';
import { graph } from '../../../test/ui/fixtures.ts';
import { type Filter, filterGraph } from './filter.ts';

const all: Filter = { text: '', namespace: '', show: 'all', idle: true };
const names = (filter: Partial<Filter>) => filterGraph(graph, { ...all, ...filter }).nodes.map((node) => node.name);

test('no filter is the same graph', () => expect(filterGraph(graph, all)).toBe(graph));

test('a word shows what has it and its neighbours', () => {
  expect(names({ text: 'mongodb' })).toEqual(['ratings-v1', 'mongodb-v1']);
  expect(names({ text: 'reviews v3' })).toEqual(['productpage-v1', 'reviews-v3', 'ratings-v1']);
  expect(names({ text: 'nobody' })).toEqual([]);
});

test('problems, with those around them', () => {
  expect(names({ show: 'problems' })).toEqual([
    'productpage-v1',
    'reviews-v2',
    'reviews-v3',
    'ratings-v1',
    'mongodb-v1',
  ]);
});

test('only what goes in plaintext, wholly or partly', () => {
  expect(names({ show: 'plaintext' })).toEqual(['istio-ingressgateway', 'productpage-v1', 'details-v1', 'legacy-cron']);
});

test('without what is idle', () => expect(names({ idle: false })).not.toContain('sleep'));

test('of a namespace, with what is outside and touches it', () => {
  expect(names({ namespace: 'shop' })).toEqual([]);
  expect(names({ namespace: 'default' })).toContain('www.googleapis.com');
});
