import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueLeaf } from '../../src/identity/make-certificates.ts';
import type { Root } from '../../src/identity/root-store.ts';
import type { MeshRoot } from '../../src/identity/workload/mesh-root.ts';
import { buildManifests } from '../../src/install/build-manifests.ts';
import { defaultManifestOptions } from '../../src/install/manifest-options.ts';
import { prepareMeshRoot, prepareRoot } from '../../src/install/prepare-root.ts';
import { printManifests } from '../../src/install/print-manifests.ts';
import { createConnection } from '../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../src/source/kubernetes/credentials.ts';
import { MeshRootSecret, meshRootSecretNames } from '../../src/source/kubernetes/mesh-root-secret.ts';
import { SecretRootStore } from '../../src/source/kubernetes/secret-root-store.ts';
import { type ApiAnswer, type ApiClient, createApiClient } from './api.ts';
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
  /** The root of the mesh; made, as `install` does it, when it is asked for first. */
  meshRoot(): Promise<MeshRoot>;
  /** What `/healthz/ready` answers. */
  health(): Promise<ApiAnswer>;
  uninstall(): Promise<void>;
}

export interface InstallOptions {
  /** Without, as after a manifest was applied and the documented step forgotten. */
  readonly meshRoot?: boolean;
}

/** Namespace and roots first, then the manifests with the root's certificate: as `install` does it. */
export async function installMesh(cluster: Cluster, { meshRoot = true }: InstallOptions = {}): Promise<Mesh> {
  const [port = 0] = await freePorts(1);
  const url = `https://${cluster.host}:${port}`;
  await cluster.api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'outrigger-system' } } });
  const connection = createConnection(createCredentials({ kubeconfig: cluster.kubeconfig }));
  const store = new SecretRootStore({ connection, namespace: 'outrigger-system', name: 'outrigger-webhook-root' });
  const root = await waitFor(() => prepareRoot(store, new Date()), { what: 'the root in its Secret' });
  const meshRootStore = new MeshRootSecret({ connection, namespace: 'outrigger-system', names: meshRootSecretNames });
  let prepared: Promise<MeshRoot> | undefined;
  const prepareOnce = (): Promise<MeshRoot> => {
    prepared ??= prepareMeshRoot(meshRootStore, new Date());
    return prepared;
  };
  if (meshRoot) await prepareOnce();
  // Kinds of the API are for the cases that look at them.
  const objects = buildManifests({ ...defaultManifestOptions, caPem: root.certificatePem, webhookUrl: url }).filter(
    ({ kind }) => kind !== 'CustomResourceDefinition',
  );
  const manifest = printManifests(objects, 'yaml');
  const applied = await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
    input: manifest,
  });
  if (applied.code !== 0) throw new Error(applied.stderr);
  const token = await cluster.serviceAccountToken('outrigger-system', 'outrigger');
  const kubeconfig = await cluster.writeKubeconfig('outrigger', { token });
  const logFile = join(cluster.folder, `outrigger-${port}.log`);
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
      // Others of this machine may serve proxies, too.
      const anyPort = ['--set', 'discovery.port=0'];
      const more = ['--state-dir', join(cluster.folder, 'state'), '--tls-names', cluster.host, ...anyPort, ...extra];
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
    meshRoot: prepareOnce,
    health: () => local.call('GET', '/healthz/ready'),
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
