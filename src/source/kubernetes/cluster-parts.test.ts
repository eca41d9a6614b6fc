import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Surroundings } from '../../app/surroundings.ts';
import { rootSecretName as installed } from '../../install/manifest-options.ts';
import { type ClusterProblem, connectCluster, rootSecretName } from './cluster-parts.ts';

/** The first call imports the client of Kubernetes, which may take long on a busy machine. */
const soon = { timeout: 20_000 };

function connect(kubeconfig: string, problems: ClusterProblem[]): Omit<Surroundings, 'place' | 'instance'> {
  return connectCluster({
    credentials: { kubeconfig },
    namespace: 'outrigger-system',
    systemNamespaces: ['kube-system'],
    instance: 'test',
    startId: 'x',
    onFault: (fault) => expect.unreachable(fault.message),
    onProblem: (problem) => problems.push(problem),
  });
}

test('the Secret is the one that the manifests give the right to read', () => expect(rootSecretName).toBe(installed));

test('it is ready once everything is listed, and tells of what fails meanwhile', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-parts-'));
  let up = false;
  const posted: string[] = [];
  const server = createServer((request, response) => {
    if (!up) return response.writeHead(500).end();
    if (request.method === 'POST') {
      posted.push(request.url ?? '');
      return response.writeHead(201).end('{}');
    }
    if (request.url?.includes('watch=true')) return undefined;
    return response.end('{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"shop"}}]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const kubeconfig = join(folder, 'config');
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  const config = {
    'current-context': 'c',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const abort = new AbortController();
  const problems: ClusterProblem[] = [];
  const parts = connect(kubeconfig, problems);
  for (const component of parts.components) await component.start(abort.signal);
  await vi.waitFor(() => expect(problems.length).toBeGreaterThan(0), soon);
  expect(problems[0]).toMatchObject({ part: 'source', message: expect.stringContaining('500') });
  expect(parts.readiness.problem()).toContain('not listed');
  up = true;
  await vi.waitFor(() => expect(parts.readiness.problem()).toBeUndefined(), soon);
  expect(parts.facts.namespace('shop')).toMatchObject({ name: 'shop' });
  expect(parts.summary()).toContain(`127.0.0.1:${port}`);
  parts.onOutcome?.({
    ...{ outcome: 'skipped', uid: '', namespace: 'shop', pod: 'p', owner: undefined, dryRun: false, reason: 'x' },
    ...{ message: 'm', warnings: [], error: undefined, patchBytes: 0, durationMs: 0 },
  });
  await vi.waitFor(() => expect(posted).toEqual(['/api/v1/namespaces/shop/events']), soon);
  abort.abort();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

test('without a usable kubeconfig the start says so', async () => {
  const parts = connect('/nonexistent/config', []);
  await expect(parts.components[0]?.start(new AbortController().signal)).rejects.toMatchObject({ code: 'OR1631' });
});
