import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { waitFor } from '../child.ts';
import { makeNamespace, podOf, podsPath } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import type { Mesh } from '../mesh.ts';
import { isInjected } from './injection.ts';

/** The API server goes, the webhook goes, a token goes: what comes back, and what never stops. */
export function outageCases(cluster: () => Cluster, mesh: () => Mesh): void {
  const create = (namespace: string, name: string, shape = {}, query = '?dryRun=All') =>
    cluster().api.call('POST', `${podsPath(namespace)}${query}`, { body: podOf({ name, ...shape }) });

  test('the API server restarts: later changes are seen', async ({ skip }) => {
    if (!cluster().owned) return skip('the API server is not ours to stop');
    await cluster().stopApiServer('SIGKILL');
    await cluster().startApiServer();
    await makeNamespace(cluster(), 'after-restart', { annotations: { 'linkerd.io/inject': 'enabled' } });
    // Only a watch that works again lets the mirror see the namespace.
    const probe = async () => isInjected((await create('after-restart', 'probe')).body) || undefined;
    await waitFor(probe, { what: 'the source to have caught up', timeoutMs: 60_000 });
  });

  test('the webhook dies: kube-system and silent namespaces live, an opted-in one gets a clear error', async () => {
    await mesh().stop('SIGKILL');
    const refused = await create('meshed', 'refused');
    expect(refused.status).toBe(500);
    expect(refused.body.message).toMatch(/failed calling webhook "namespace\.sidecar-injector\.outrigger\.io"/);
    const byAnnotation = await create('plain', 'asks', { annotations: { 'sidecar.istio.io/inject': 'true' } });
    expect(byAnnotation.status).toBe(500);
    expect((await create('kube-system', 'recovery')).status).toBe(201);
    expect((await create('plain', 'silent')).status).toBe(201);
    expect((await create('meshed', 'node-agent', { hostNetwork: true })).status).toBe(201);
    await mesh().start();
    expect(isInjected((await create('meshed', 'again')).body)).toBe(true);
  });

  test('it stops in order: not ready, answered, ended', async () => {
    await mesh().stop('SIGTERM');
    await mesh().start();
    expect(isInjected((await create('meshed', 'again')).body)).toBe(true);
  });

  test('the log has decisions, and no secret', async () => {
    const log = await readFile(mesh().logFile, 'utf8');
    expect(log).toContain('meshed');
    expect(log).not.toMatch(/PRIVATE KEY|eyJhbGciOi/);
  });
}
