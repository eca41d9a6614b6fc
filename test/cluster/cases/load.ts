import { expect, test } from 'vitest';
import { inParallel, makeNamespace, podOf, podsPath } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import type { Mesh } from '../mesh.ts';
import { isInjected } from './injection.ts';

/** Many pods at once, and a certificate that changes meanwhile. */
export function loadCases(cluster: () => Cluster, mesh: () => Mesh): void {
  test('500 pods in a burst', async () => {
    await makeNamespace(cluster(), 'burst', { labels: { 'istio-injection': 'enabled' } });
    await makeNamespace(cluster(), 'burst-plain');
    const burst = async (namespace: string) => {
      const names = Array.from({ length: 500 }, (_, index) => `burst-${index}`);
      const from = performance.now();
      let injected = 0;
      await inParallel(names, 50, async (name) => {
        const answer = await cluster().api.call('POST', podsPath(namespace), { body: podOf({ name }) });
        if (answer.status !== 201) throw new Error(`${name}: ${answer.status} ${answer.body.message}`);
        if (isInjected(answer.body)) injected++;
      });
      return { injected, rate: Math.round(500 / ((performance.now() - from) / 1000)) };
    };
    const plain = await burst('burst-plain');
    const meshed = await burst('burst');
    console.info(`500 pods in a burst: ${meshed.rate} a second injected, ${plain.rate} a second without the mesh`);
    expect([plain.injected, meshed.injected]).toEqual([0, 500]);
  });

  test('a serving certificate that changes under load fails no pod', async () => {
    await makeNamespace(cluster(), 'rotation', { labels: { 'istio-injection': 'enabled' } });
    const files = await mesh().writePair();
    await mesh().stop();
    await mesh().start(['--tls-cert-file', files.certFile, '--tls-key-file', files.keyFile]);
    const before = await servedFingerprint(mesh().url);
    let rotated = false;
    let after = 0;
    const rotation = mesh()
      .writePair()
      .then(async () => {
        while ((await servedFingerprint(mesh().url)) === before)
          await new Promise((resolve) => setTimeout(resolve, 50));
        rotated = true;
      });
    const failed: unknown[] = [];
    const deadline = Date.now() + 30_000;
    const lane = async (width: number) => {
      for (let index = 0; after < 200 && Date.now() < deadline; index++) {
        const name = `r-${width}-${index}`;
        const answer = await cluster().api.call('POST', `${podsPath('rotation')}?dryRun=All`, {
          body: podOf({ name }),
        });
        if (answer.status !== 201 || !isInjected(answer.body)) failed.push(answer.body.message ?? name);
        if (rotated) after++;
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, width) => lane(width)));
    await rotation;
    expect(failed).toEqual([]);
    expect(after).toBeGreaterThanOrEqual(200);
  });
}

async function servedFingerprint(url: string): Promise<string> {
  const { connect } = await import('node:tls');
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
