import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from './api.ts';
import type { Cluster } from './harness.ts';
import { runKubectl } from './kubectl.ts';
import { requestToken } from './service-account.ts';

const DISPOSABLE = /^(kind-|k3d-|minikube|docker-desktop|rancher-desktop|orbstack)/;

/**
 * A user's own cluster in place of the built pieces. Only contexts that are disposable by their name are taken
 * (kind, k3d, minikube…), because the tests make and delete namespaces and webhook configurations;
 * `OUTRIGGER_TEST_ANY_CLUSTER=1` lifts that. `OUTRIGGER_TEST_HOST` is this machine's address as the API server
 * sees it (kind: the gateway of its Docker network).
 */
export async function openUserCluster(kubeconfig: string): Promise<Cluster> {
  const view = await runKubectl(kubeconfig, ['config', 'view', '--minify', '--raw', '-o', 'json']);
  if (view.code !== 0) throw new Error(`KUBECONFIG does not work: ${view.stderr}`);
  const config = JSON.parse(view.stdout);
  const context = String(config['current-context']);
  if (!DISPOSABLE.test(context) && process.env.OUTRIGGER_TEST_ANY_CLUSTER !== '1') {
    throw new Error(
      `KUBECONFIG points to "${context}", which does not look disposable: unset KUBECONFIG to use the built API server, ` +
        'or set OUTRIGGER_TEST_ANY_CLUSTER=1',
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-cluster-'));
  const { api, caFile } = await openApi(config, folder);
  const refuse = async () => {
    throw new Error('the API server of a user cluster is not ours to stop');
  };
  return {
    host: process.env.OUTRIGGER_TEST_HOST ?? '127.0.0.1',
    api,
    server: api.server,
    folder,
    kubeconfig,
    caFile,
    owned: false,
    kubectl: (args, options) => runKubectl(kubeconfig, args, options),
    writeKubeconfig: async (name, user) => {
      const path = join(folder, `${name}.kubeconfig`);
      await writeFile(path, JSON.stringify({ ...config, users: [{ name: config.users[0].name, user }] }));
      return path;
    },
    serviceAccountToken: (namespace, name, ref) => requestToken(api, { namespace, name }, ref),
    stopApiServer: refuse,
    startApiServer: refuse,
    fillEtcd: refuse,
    freeEtcd: refuse,
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function openApi(
  config: { clusters: { cluster: Record<string, string> }[]; users: { user: Record<string, string> }[] },
  folder: string,
): Promise<{ api: ApiClient; caFile: string | undefined }> {
  const cluster = config.clusters[0]?.cluster ?? {};
  const user = config.users[0]?.user ?? {};
  const data = cluster['certificate-authority-data'];
  const caFile = data === undefined ? cluster['certificate-authority'] : join(folder, 'ca.crt');
  if (data !== undefined && caFile !== undefined) await writeFile(caFile, Buffer.from(data, 'base64'));
  const decoded = (key: string) => {
    const value = user[key];
    return value === undefined ? undefined : Buffer.from(value, 'base64');
  };
  const api = await createApiClient({
    server: cluster.server ?? '',
    caFile,
    token: user.token,
    cert: decoded('client-certificate-data'),
    key: decoded('client-key-data'),
  });
  return { api, caFile };
}
