import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import { piecesFolder } from './kubectl.ts';

export const ADMIN_TOKEN = 'outrigger-test-admin';
export const CONTROLLER_TOKEN = 'outrigger-test-controller-manager';

export function etcdPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(':');
  return folders.map((folder) => join(folder, 'etcd')).find((path) => existsSync(path));
}

/** The static tokens of the tests' users and the key pair of service-account tokens. */
export async function writeCredentials(folder: string): Promise<void> {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await mkdir(join(folder, 'api'), { recursive: true });
  await writeFile(join(folder, 'sa.pub'), pair.publicKey);
  await writeFile(join(folder, 'sa.key'), pair.privateKey, { mode: 0o600 });
  const users = [
    `${ADMIN_TOKEN},admin,1,system:masters`,
    `${CONTROLLER_TOKEN},system:kube-controller-manager,2,system:masters`,
  ];
  await writeFile(join(folder, 'tokens.csv'), `${users.join('\n')}\n`, { mode: 0o600 });
}

export function startEtcd(folder: string, client: number, peer: number): Child {
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  return startChild({
    name: 'etcd',
    command: etcdPath() ?? 'etcd',
    logFile: join(folder, 'etcd.log'),
    args: [
      ...['--data-dir', join(folder, 'etcd')],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `default=${peerUrl}`],
    ],
  });
}

/** Where the API server listens, and the addresses that it gives to services. */
export interface ApiPlace {
  readonly address: string;
  readonly serviceCidr: string;
}

export const localPlace: ApiPlace = { address: '127.0.0.1', serviceCidr: '10.96.0.0/16' };

export interface ApiPorts {
  readonly etcd: number;
  readonly secure: number;
}

export function startApiServer(folder: string, ports: ApiPorts, { address, serviceCidr }: ApiPlace): Child {
  return startChild({
    name: 'kube-apiserver',
    command: join(piecesFolder(), 'kube-apiserver'),
    logFile: join(folder, 'kube-apiserver.log'),
    args: [
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      `--service-cluster-ip-range=${serviceCidr}`,
      `--cert-dir=${join(folder, 'api')}`,
      `--bind-address=${address}`,
      `--secure-port=${ports.secure}`,
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${join(folder, 'sa.pub')}`,
      `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
      '--allow-privileged=true',
      // Nodes are not known by name to the DNS of this machine.
      '--kubelet-preferred-address-types=InternalIP',
    ],
  });
}

export function startControllerManager(folder: string, kubeconfig: string, port: number): Child {
  return startChild({
    name: 'kube-controller-manager',
    command: join(piecesFolder(), 'kube-controller-manager'),
    logFile: join(folder, 'kube-controller-manager.log'),
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${join(folder, 'sa.key')}`,
      `--root-ca-file=${join(folder, 'api', 'apiserver.crt')}`,
      '--use-service-account-credentials=false',
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
    ],
  });
}
