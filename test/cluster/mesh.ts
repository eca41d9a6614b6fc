import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueLeaf } from '../../src/identity/make-certificates.ts';
import type { Root } from '../../src/identity/root-store.ts';
import { buildManifests } from '../../src/install/build-manifests.ts';
import { defaultManifestOptions } from '../../src/install/manifest-options.ts';
import { prepareRoot } from '../../src/install/prepare-root.ts';
import { printManifests } from '../../src/install/print-manifests.ts';
import { createConnection } from '../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../src/source/kubernetes/credentials.ts';
import { SecretRootStore } from '../../src/source/kubernetes/secret-root-store.ts';
import { type ApiClient, createApiClient } from './api.ts';
import { type Child, freePorts, startChild, waitFor } from './child.ts';
import { deleteManifest } from './fixtures.ts';
import type { Cluster } from './harness.ts';
import { outriggerCommand } from './outrigger.ts';

/** Outrigger as it is installed, its process beside the cluster and with the rights of its service account. */
export interface Mesh {
  readonly url: string;
  readonly logFile: string;
  readonly root: Root;
  /** Starts the process and waits until it is ready and knows the cluster. */
  start(extra?: readonly string[]): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** A pair of the root for the address of the webhook, at `cert.pem` and `key.pem` of the folder. */
  writePair(): Promise<{ certFile: string; keyFile: string }>;
  readonly self: ApiClient;
  uninstall(): Promise<void>;
}

/** Namespace and root first, then the manifests with the root's certificate: as `install` does it. */
export async function installMesh(cluster: Cluster): Promise<Mesh> {
  const [port = 0] = await freePorts(1);
  const url = `https://${cluster.host}:${port}`;
  await cluster.api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'outrigger-system' } } });
  const connection = createConnection(createCredentials({ kubeconfig: cluster.kubeconfig }));
  const store = new SecretRootStore({ connection, namespace: 'outrigger-system', name: 'outrigger-webhook-root' });
  const root = await waitFor(() => prepareRoot(store, new Date()), { what: 'the root in its Secret' });
  const objects = buildManifests({ ...defaultManifestOptions, caPem: root.certificatePem, webhookUrl: url });
  const manifest = printManifests(objects, 'yaml');
  const applied = await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
    input: manifest,
  });
  if (applied.code !== 0) throw new Error(applied.stderr);
  const token = await cluster.serviceAccountToken('outrigger-system', 'outrigger');
  const kubeconfig = await cluster.writeKubeconfig('outrigger', { token });
  const logFile = join(cluster.folder, 'outrigger.log');
  const caFile = join(cluster.folder, 'webhook-ca.crt');
  await writeFile(caFile, root.certificatePem);
  const local = await createApiClient({ server: `https://127.0.0.1:${port}`, caFile });
  let child: Child | undefined;
  return {
    url,
    logFile,
    root,
    self: await createApiClient({ server: cluster.server, caFile: cluster.caFile, token }),
    start: async (extra = []) => {
      const args = ['serve', '--kubernetes', 'on', '--kubeconfig', kubeconfig, '--port', String(port)];
      const more = ['--state-dir', join(cluster.folder, 'state'), '--tls-names', cluster.host, ...extra];
      const started = startChild({ name: 'outrigger', logFile, ...outriggerCommand([...args, ...more]) });
      child = started;
      const ready = async () => {
        if (!started.running) throw new Error(`outrigger ended:\n${await started.tail()}`);
        return (await local.call('GET', '/healthz/ready')).status === 200 || undefined;
      };
      await waitFor(ready, { what: 'outrigger to be ready', timeoutMs: 20_000 });
    },
    stop: async (signal) => child?.stop(signal),
    writePair: () => writePair(cluster, root),
    uninstall: async () => {
      await child?.stop('SIGKILL');
      await deleteManifest(cluster, manifest);
    },
  };
}

async function writePair(cluster: Cluster, root: Root): Promise<{ certFile: string; keyFile: string }> {
  const names = [cluster.host, '127.0.0.1', 'localhost'];
  const leaf = await issueLeaf({ root, names: [...new Set(names)], now: new Date(), lifetimeMs: 3_600_000 });
  const files = { certFile: join(cluster.folder, 'cert.pem'), keyFile: join(cluster.folder, 'key.pem') };
  await writeFile(files.keyFile, leaf.keyPem, { mode: 0o600 });
  await writeFile(files.certFile, leaf.chainPem);
  return files;
}
