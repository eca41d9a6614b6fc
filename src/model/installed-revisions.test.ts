import { expect, test } from 'vitest';
import { asAnyOf, installedRevisions, knowing } from './installed-revisions.ts';

const webhook = (revision: string, tag?: string) => ({
  metadata: {
    name: 'w',
    labels: {
      app: 'outrigger',
      'outrigger.io/rev': revision,
      ...(tag === undefined ? {} : { 'outrigger.io/tag': tag }),
    },
  },
});
const strange = { metadata: { name: 'istio', labels: { app: 'sidecar-injector', 'istio.io/rev': 'x' } } };
const settings = { revision: 'default', otherRevisions: [], tags: {} };

test('revisions and tags are what the webhooks say', () => {
  expect(installedRevisions([strange, webhook('blue'), webhook('blue', 'prod')])).toEqual({
    revisions: ['blue'],
    tags: { prod: 'blue' },
  });
});

test('whoever looks at a cluster is answered by any revision', () => {
  const both = installedRevisions([webhook('default'), webhook('blue'), webhook('blue', 'prod')]);
  expect(asAnyOf(settings, both)).toMatchObject({ revision: 'default', tags: { blue: 'default', prod: 'default' } });
  // Nobody has what asks for none.
  const blue = installedRevisions([webhook('blue'), webhook('blue', 'prod')]);
  expect(asAnyOf(settings, blue)).toMatchObject({ revision: 'blue', tags: { prod: 'blue' } });
  expect(asAnyOf(settings, installedRevisions([]))).toEqual(settings);
});

test('whoever asks for one revision is answered by it alone', () => {
  const both = installedRevisions([webhook('default'), webhook('blue', 'prod')]);
  const asked = { ...settings, revision: 'default', tags: { prod: 'default' } };
  expect(asAnyOf({ ...settings, revision: 'green' }, both)).toEqual({
    revision: 'green',
    otherRevisions: ['blue', 'default'],
    tags: { prod: 'blue' },
  });
  expect(knowing(asked, both).tags).toEqual({ prod: 'default' });
});
