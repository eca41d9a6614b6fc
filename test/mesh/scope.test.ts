import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRequirements } from '../netns/requirements.ts';
import { deliveries } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { scopeRows, scopeWorld } from './scope-rows.ts';

/** What Sidecar resources say of a pod's own ports, and what clients see of the mesh. */
const envoy = findRequirements();

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (delivery, sets) => {
  let mesh: TestMesh;
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-scope-'));
    chmodSync(folder, 0o755);
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': scopeWorld }, sets });
  });
  afterAll(async () => {
    await mesh?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(scopeRows)('$does', async (row) => {
    const manifest = typeof row.manifest === 'function' ? row.manifest({ mesh, folder }) : row.manifest;
    await mesh.apply('row.yaml', manifest);
    try {
      await row.check(mesh, delivery, folder);
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });
});
