import { createServer } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { OutriggerError } from '../../errors.ts';
import { makeMeshRoot } from '../../identity/workload/make-mesh-root.ts';
import type { MeshRoot } from '../../identity/workload/mesh-root.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { noMetrics } from '../../wire/wire-metrics.ts';
import { defaultConfig } from '../config.ts';
import { MeshComponent } from './mesh-component.ts';
import type { MeshParts } from './mesh-parts.ts';
import { meshSettings } from './mesh-settings.ts';

const config = defaultConfig();
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function component(root: () => Promise<MeshRoot>, parts: Partial<MeshParts> = {}, port = 0) {
  const mesh = new MeshComponent({
    place: { namespace: 'outrigger-system', name: 'one' },
    settings: meshSettings(config),
    discovery: { ...config.discovery, host: '127.0.0.1', port },
    names: ['localhost'],
    metrics: noMetrics,
    onFault: (fault) => expect.unreachable(fault.message),
    logger: createLogger({ level: 'fatal', bufferBytes: 0 }, 2).logger,
    parts: {
      objects: { objectsSynced: true, onObjects: () => () => undefined },
      authenticator: { authenticate: () => Promise.reject(new OutriggerError('OR2211', 'nobody')) },
      rootStore: { load: root, save: async () => undefined },
      rootPlace: 'memory',
      ...parts,
    },
  });
  const abort = new AbortController();
  stops.push(async () => {
    abort.abort();
    await mesh.stop();
  });
  return { mesh, start: () => mesh.start(abort.signal) };
}

const missing = () => Promise.reject(new OutriggerError('OR2206', 'Secret x is not there'));

test('with patience a missing root is a note, and the port opens once it is there', async () => {
  let load: () => Promise<MeshRoot> = missing;
  const publish = { start: vi.fn(), foreign: ['shop'], behind: [] };
  const { mesh, start } = component(() => load(), { patient: true, publish });
  expect(mesh.readiness.problem()).toContain('not listed');
  await start();
  await eventually(() =>
    expect(mesh.readiness.notes?.()[0]).toMatch(/^no proxy is served: OR2206 .*docs\/security\.md/),
  );
  expect([mesh.readiness.problem(), mesh.port]).toEqual([undefined, 0]);
  const root = await makeMeshRoot(new Date());
  load = async () => root;
  await vi.waitFor(() => expect(mesh.port).toBeGreaterThan(0), { timeout: 10_000 });
  expect(mesh.readiness.notes?.()).toEqual(['pods of 1 namespaces trust other roots (OR2220): shop']);
  expect(publish.start.mock.calls[0]?.[0].current()).toBe(root.rootsPem);
});

test('with patience a port that is taken is a note; without, the start fails with the code', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  stops.push(() => taken.close());
  const { port } = taken.address() as { port: number };
  const root = await makeMeshRoot(new Date());
  const patient = component(async () => root, { patient: true }, port);
  await patient.start();
  await eventually(() => expect(patient.mesh.readiness.notes?.()[0]).toContain('OR2208'));
  await expect(component(async () => root, {}, port).start()).rejects.toMatchObject({ code: 'OR2208' });
});

test('without patience a root that cannot be had ends the start', async () => {
  await expect(component(missing).start()).rejects.toMatchObject({ code: 'OR2206' });
});
