import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRequirements } from '../netns/requirements.ts';
import { type ExampleRow, rows, world } from './example-rows.ts';
import { example, exampleNames } from './examples.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { podRows, podWorld } from './pod-rows.ts';

/**
 * Every manifest of the tutorials, applied as it is, does what its author meant: requests through real sidecars tell.
 * In each way that configuration can reach a sidecar; on demand with everything on that a first request could slip by.
 */
const envoy = findRequirements();
const names = exampleNames();
if (names.length === 0) console.info('examples skipped: ../shared/examples is not there');

const deliveries = {
  'pushed hosts': [],
  'hosts on demand': ['mesh.pushedHosts=0'],
} as const;

/** The files as they are, behind what the tutorial has applied before. */
function applied(row: ExampleRow): string {
  return `${row.with ?? ''}\n${[row.file].flat().map(example).join('\n---\n')}`;
}

describe.skipIf(envoy === undefined || names.length === 0)('pods and workloads', () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': podWorld } });
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  test.each(podRows)('$file: $does', async (row) => {
    await mesh.apply('row.yaml', applied(row));
    try {
      await row.check(mesh);
    } finally {
      await mesh.remove('row.yaml');
    }
  });
});

test.skipIf(names.length === 0)('each file has a row', () => {
  // 001-01 and 001-02 are other dialects; 004-03 has its gateway in edges.test.ts.
  const wanted = names.filter((name) => !/^(001-0[12]|004-03)/.test(name));
  expect([...rows, ...podRows].flatMap(({ file }) => [file].flat()).sort()).toEqual(wanted);
});

describe.skipIf(envoy === undefined || names.length === 0).each(Object.entries(deliveries))('%s', (_, sets) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, sets, forwards: { 443: 0 } });
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  test.each(rows)('$file: $does', async (row) => {
    await mesh.apply('row.yaml', applied(row));
    try {
      await row.check(mesh);
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });
});
