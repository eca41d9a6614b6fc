import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRequirements } from '../netns/requirements.ts';
import { credentialRows } from './credential-rows.ts';
import { deliveries } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { policyRows } from './policy-rows.ts';
import { trafficRows, trafficWorld } from './traffic-rows.ts';

/** Rules of VirtualServices and DestinationRules that no tutorial's file shows. */
const envoy = findRequirements();

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (delivery, sets) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': trafficWorld }, sets });
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  test.each([...trafficRows, ...policyRows, ...credentialRows])('$does', async (row) => {
    if (row.manifest !== undefined) await mesh.apply('row.yaml', row.manifest);
    try {
      await row.check(mesh, delivery);
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });
});
