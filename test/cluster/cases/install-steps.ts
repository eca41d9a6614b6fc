import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { checkRoot } from '../../../src/identity/check-root.ts';
import { systemClock } from '../../../src/identity/serving-certificates.ts';
import { WorkloadCa } from '../../../src/identity/workload/workload-ca.ts';
import { createConnection } from '../../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../../src/source/kubernetes/credentials.ts';
import { MeshRootSecret, meshRootSecretNames } from '../../../src/source/kubernetes/mesh-root-secret.ts';
import { SecretRootStore } from '../../../src/source/kubernetes/secret-root-store.ts';
import { deleteManifest } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { piecesFolder } from '../kubectl.ts';
import { outriggerCommand } from '../outrigger.ts';

const document = join(import.meta.dirname, '../../../docs/security.md');

/** The commands of docs/security.md, word by word. */
export function installStepCases(cluster: () => Cluster): void {
  describe('the documented installation', () => {
    let manifest = '';
    afterAll(() => deleteManifest(cluster(), manifest));

    test('makes both roots, and what it makes is taken', async () => {
      const [, script = ''] = /```sh\n([^`]*openssl[^`]*)```/.exec(await readFile(document, 'utf8')) ?? [];
      expect(script).toContain('outrigger-mesh-root');
      const folder = join(cluster().folder, 'steps');
      const bin = join(folder, 'bin');
      await mkdir(bin, { recursive: true });
      const { command, args } = outriggerCommand([]);
      await writeExecutable(join(bin, 'outrigger'), [command, ...args]);
      const built = join(piecesFolder(), 'kubectl');
      const kubectl = existsSync(built) ? built : '/usr/bin/env kubectl';
      await writeExecutable(join(bin, 'kubectl'), [kubectl, '--kubeconfig', cluster().kubeconfig]);
      const env = { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) };
      await promisify(execFile)('sh', ['-ec', script], { cwd: folder, env });
      manifest = await readFile(join(folder, 'outrigger.yaml'), 'utf8');

      const connection = createConnection(createCredentials({ kubeconfig: cluster().kubeconfig }));
      const place = { connection, namespace: 'outrigger-system' };
      const webhook = await new SecretRootStore({ ...place, name: 'outrigger-webhook-root' }).load();
      if (webhook === undefined) throw new Error('there is no root of the webhook');
      checkRoot(webhook, new Date(), 'steps');
      const store = new MeshRootSecret({ ...place, names: meshRootSecretNames });
      const authority = new WorkloadCa({ store, place: 'steps', clock: systemClock });
      await authority.load();
      expect(authority.rootsPem).toBe(await readFile(join(folder, 'ca-cert.pem'), 'utf8'));
      expect((await authority.issue('spiffe://cluster.local/ns/shop/sa/cart')).spiffeId).toContain('/sa/cart');
    });
  });
}

async function writeExecutable(path: string, words: readonly string[]): Promise<void> {
  await writeFile(path, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
}
