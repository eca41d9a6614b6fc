import { expect, test } from 'vitest';
import { decideRoot } from './root-decision.ts';

const block = (content: string) => `-----BEGIN CERTIFICATE-----\n${content}\n-----END CERTIFICATE-----\n`;
const us = 'outrigger-system';

test.each([
  ['none is there', undefined, 'create'],
  ['ours as it should be', { owner: us, root: block('A') }, 'right'],
  ['ours, changed', { owner: us, root: block('B') }, 'restore'],
  ['ours, emptied', { owner: us, root: '' }, 'restore'],
  ['ours, with another added', { owner: us, root: block('A') + block('B') }, 'restore'],
  ["istiod's", { owner: '', root: block('B') }, 'foreign'],
  ["istiod's with our root", { owner: '', root: block('A') }, 'right'],
  ["istiod's with both, in other lines", { owner: '', root: `${block('B')}${block(' A ')}` }, 'right'],
  ["another installation's", { owner: 'mesh-two', root: block('B') }, 'foreign'],
  ['somebody else’s, without the key', { owner: '', root: '' }, 'foreign'],
])('%s', (_, record, wanted) => {
  const found = record === undefined ? undefined : { namespace: 'shop', resourceVersion: '1', ...record };
  expect(decideRoot(found, block('A'), us)).toBe(wanted);
});

test('no roots of ours are no reason to take those of another', () => {
  const record = { namespace: 'shop', resourceVersion: '1', owner: '', root: block('B') };
  expect(decideRoot(record, '', us)).toBe('foreign');
});
