import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compileBootstrapText } from '../../src/inject/render/bootstrap.ts';
import { envoyArgs } from '../../src/inject/render/bootstrap-args.ts';
import type { BootstrapInput } from '../../src/inject/render/bootstrap-input.ts';
import { sdsRootFile, sdsTokenFile } from '../../src/inject/render/bootstrap-sds.ts';
import { expandVariables } from '../../src/playground/pod-runner/expand-variables.ts';

export const template = parse(readFileSync(join(import.meta.dirname, '../../templates/bootstrap/envoy.yaml'), 'utf8'));
const renderText = compileBootstrapText(template);

/** The address of "the pod" in tests that need no network namespace: loopback, but not the one of everybody. */
export const podIp = '127.0.0.2';

export const variables = {
  INSTANCE_IP: podIp,
  POD_NAME: 'app-1',
  POD_NAMESPACE: 'shop',
  SERVICE_ACCOUNT: 'app',
};

export function bootstrapInput(changes: Partial<BootstrapInput> = {}): BootstrapInput {
  return {
    proxyType: 'sidecar',
    nodeMetadata: { NAME: '$(POD_NAME)', CLUSTER_ID: 'Kubernetes' },
    serviceCluster: 'app.shop',
    domainSuffix: 'cluster.local',
    discovery: { host: 'outrigger.outrigger-system.svc', port: 15012 },
    statusPort: 15020,
    adminPort: 15000,
    readyPort: 15021,
    metricsPort: 15090,
    probes: [],
    scrape: [],
    ...changes,
  };
}

/** The arguments as the kubelet hands them to Envoy; files of the pod are looked for under `root`. */
export function argumentsFor(input: BootstrapInput, root: string): string[] {
  const args = envoyArgs({ bootstrap: renderText(input), logLevel: 'warning', concurrency: 2 });
  return args.map((arg) => expandVariables(arg, variables).replaceAll('/etc/istio/pod', root));
}

/** What the downward API and the projected volumes put into the pod, under a folder of ours. */
export function writePodFiles(files: { readonly token: string; readonly rootCertificate: string }): string {
  const root = mkdtempSync(join(tmpdir(), 'outrigger-pod-'));
  for (const folder of ['tokens', 'istio']) mkdirSync(join(root, folder));
  writeFileSync(join(root, 'tokens', 'istio-token'), files.token);
  writeFileSync(join(root, 'istio', 'root-cert.pem'), files.rootCertificate);
  const place = (text: string): string => text.replaceAll('/var/run/secrets', root);
  writeFileSync(join(root, 'sds-token.yaml'), place(sdsTokenFile));
  writeFileSync(join(root, 'sds-root.yaml'), place(sdsRootFile));
  return root;
}

/**
 * Ports that nobody listens on, of any address of this machine, and below those that the kernel gives to outgoing
 * connections: such a connection could take one before Envoy does.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!ports.includes(port) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}

export interface RunningEnvoy {
  readonly process: ChildProcess;
  /** What it wrote, both streams. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

export function startEnvoy(binary: string, args: readonly string[], root: string): RunningEnvoy {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (chunk) => {
    log += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    log += String(chunk);
  });
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  return {
    process: child,
    log: () => log,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One HTTP request on its own connection, redirects not followed, as a kubelet's probe makes it. */
export function ask(
  port: number,
  path: string,
  options: { readonly host?: string; readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: options.host ?? podIp,
        port,
        path,
        method: options.method ?? 'GET',
        headers: { connection: 'close', 'user-agent': 'kube-probe/1.36', ...options.headers },
        timeout: 15_000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer in 15 s')));
    asked.on('error', reject);
    asked.end();
  });
}
