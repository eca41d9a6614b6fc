import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRequirements } from '../netns/requirements.ts';
import { deliveries } from './deliveries.ts';
import { featureRows, featureWorld } from './feature-rows.ts';
import { startMesh, type TestMesh } from './fixture.ts';

/** What no tutorial's file shows: every protocol, headless services, egress, gateways, ejection and return. */
const envoy = findRequirements();

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (delivery, sets) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': featureWorld }, sets });
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  test.each(featureRows)('$does', async (row) => {
    if (row.manifest !== undefined) await mesh.apply('row.yaml', row.manifest);
    try {
      await row.check(mesh, delivery);
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });
});
