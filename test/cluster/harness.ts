import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, type ApiObject, createApiClient } from './api.ts';
import { type Child, freePorts, waitFor } from './child.ts';
import { type KubectlOptions, type KubectlResult, piecesFolder, runKubectl } from './kubectl.ts';
import {
  ADMIN_TOKEN,
  type ApiPlace,
  CONTROLLER_TOKEN,
  etcdPath,
  localPlace,
  startApiServer,
  startControllerManager,
  startEtcd,
  writeCredentials,
} from './pieces.ts';
import { defaultServiceAccount, requestToken } from './service-account.ts';
import { openUserCluster } from './user-cluster.ts';

export type KubeconfigUser = { token: string } | { tokenFile: string };

/** A running Kubernetes control plane: the built one, or the user's own. */
export interface Cluster {
  /** Where webhooks of this machine are reached from the API server. */
  readonly host: string;
  readonly api: ApiClient;
  readonly server: string;
  /** Temporary; gone after `stop`. */
  readonly folder: string;
  /** A kubeconfig of cluster-admin. */
  readonly kubeconfig: string;
  /** PEM file of the API server's authority. */
  readonly caFile: string | undefined;
  /** False for a user's cluster: then the API server cannot be stopped. */
  readonly owned: boolean;
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  writeKubeconfig(name: string, user: KubeconfigUser): Promise<string>;
  /** A bound token of a service account, valid for ten minutes. */
  serviceAccountToken(namespace: string, name: string, boundObjectRef?: ApiObject): Promise<string>;
  stopApiServer(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data, and waits until it is ready. */
  startApiServer(): Promise<void>;
  /** As when the disk of etcd is full: everything can be read, and nothing is written any more. Until `freeEtcd`. */
  fillEtcd(): Promise<void>;
  freeEtcd(): Promise<void>;
  stop(): Promise<void>;
}

/** Why no cluster can be had here; undefined when one can. */
export function whyNoCluster(): string | undefined {
  if (process.env.KUBECONFIG !== undefined) return undefined;
  const missing = ['kube-apiserver', 'kube-controller-manager', 'kubectl'].filter(
    (name) => !existsSync(join(piecesFolder(), name)),
  );
  if (missing.length > 0) return `${missing.join(', ')} not built: run \`sh test/cluster/install.sh\``;
  if (etcdPath() === undefined) return 'etcd is absent: run `sh test/cluster/install.sh`';
  return undefined;
}

/** Starts everything and returns when the API server is ready and the default namespace can take pods. */
export async function startCluster(): Promise<Cluster> {
  if (process.env.KUBECONFIG !== undefined) return openUserCluster(process.env.KUBECONFIG);
  return startBuiltCluster(localPlace);
}

/** The same of the built pieces, at an address that others than this machine may reach. */
export async function startBuiltCluster(place: ApiPlace): Promise<Cluster> {
  const reason = whyNoCluster();
  if (reason !== undefined) throw new Error(reason);
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-cluster-'));
  const [client = 0, peer = 0, secure = 0, manager = 0] = await freePorts(4);
  await writeCredentials(folder);
  const etcd = startEtcd(folder, client, peer);
  const server = `https://${place.address}:${secure}`;
  const ports = { etcd: client, secure };
  const apiServer = createApiServer(() => startApiServer(folder, ports, place));
  const caFile = join(folder, 'api', 'apiserver.crt');
  await waitFor(() => existsSync(caFile) || undefined, { what: 'the certificate of the API server' });
  const api = await createApiClient({ server, caFile, token: ADMIN_TOKEN });
  await apiServer.ready(api);
  const writeKubeconfig = (name: string, user: KubeconfigUser) =>
    writeKubeconfigFile(join(folder, `${name}.kubeconfig`), { server, caFile, user });
  const kubeconfig = await writeKubeconfig('admin', { token: ADMIN_TOKEN });
  const managerConfig = await writeKubeconfig('manager', { token: CONTROLLER_TOKEN });
  const controllers = startControllerManager(folder, managerConfig, manager);
  await defaultServiceAccount(api, 'default');
  return {
    ...{ host: place.address, api, server, folder, kubeconfig, caFile, owned: true, writeKubeconfig },
    kubectl: (args, options) => runKubectl(kubeconfig, args, options),
    serviceAccountToken: (namespace, name, ref) => requestToken(api, { namespace, name }, ref),
    stopApiServer: (signal) => apiServer.stop(signal),
    startApiServer: () => apiServer.start(api),
    fillEtcd: () => spaceAlarm(client, 'ACTIVATE'),
    freeEtcd: () => spaceAlarm(client, 'DEACTIVATE'),
    stop: async () => {
      await Promise.all([controllers.stop('SIGKILL'), apiServer.stop('SIGKILL')]);
      await etcd.stop('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The alarm that etcd itself raises at its quota: https://etcd.io/docs/v3.5/op-guide/maintenance/#space-quota */
async function spaceAlarm(port: number, action: 'ACTIVATE' | 'DEACTIVATE'): Promise<void> {
  const post = async (path: string, body: object): Promise<{ members?: { ID: string }[] }> => {
    const answer = await fetch(`http://127.0.0.1:${port}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as { members?: { ID: string }[] };
  };
  const { members = [] } = await post('cluster/member/list', {});
  for (const { ID } of members) await post('maintenance/alarm', { action, memberID: ID, alarm: 'NOSPACE' });
}

/** The one process that tests stop and start again. */
function createApiServer(spawn: () => Child) {
  let child = spawn();
  const ready = async (api: ApiClient) => {
    const probe = async () => {
      if (!child.running) throw new Error(`the API server ended:\n${await child.tail()}`);
      return (await api.call('GET', '/readyz')).status === 200 || undefined;
    };
    await waitFor(probe, { what: 'the API server', timeoutMs: 60_000 });
  };
  return {
    ready,
    stop: (signal?: NodeJS.Signals) => child.stop(signal),
    start: async (api: ApiClient) => {
      child = spawn();
      await ready(api);
    },
  };
}

async function writeKubeconfigFile(
  path: string,
  content: { server: string; caFile: string; user: KubeconfigUser },
): Promise<string> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server: content.server, 'certificate-authority': content.caFile } }],
    users: [{ name: 'test', user: content.user }],
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
