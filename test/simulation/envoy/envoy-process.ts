import { execFileSync, spawn } from 'node:child_process';
import { compileBootstrapText } from '../../../src/inject/render/bootstrap.ts';
import { envoyArgs } from '../../../src/inject/render/bootstrap-args.ts';
import { expandVariables } from '../../../src/playground/pod-runner/expand-variables.ts';
import { asUser } from '../../../src/playground/pod-runner/user.ts';
import { bootstrapInput, template, writePodFiles } from '../../envoy/running-envoy.ts';
import { type Network, type Pod, pods } from './network.ts';

const renderText = compileBootstrapText(template);

export interface EnvoyOptions {
  readonly binary: string;
  readonly network: Network;
  readonly pod: Pod;
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly discoveryPort: number;
  readonly rootPem: string;
}

/** A proxy of a pod, as the injector starts it but that what drains is cut at once. Its token is `<namespace>/<name>`. */
export function startPodEnvoy(options: EnvoyOptions): { readonly log: () => string; readonly stop: () => void } {
  const { binary, network, pod, name, namespace, serviceAccount, discoveryPort, rootPem } = options;
  const root = writePodFiles({ token: `${namespace}/${name}`, rootCertificate: rootPem });
  execFileSync('chown', ['-R', '1337:1337', root]);
  const input = bootstrapInput({
    proxyType: pod === 'gateway' ? 'router' : 'sidecar',
    serviceCluster: `${serviceAccount}.${namespace}`,
    discovery: { host: network.hostIp, port: discoveryPort },
  });
  const variables = {
    INSTANCE_IP: pods[pod],
    POD_NAME: name,
    POD_NAMESPACE: namespace,
    SERVICE_ACCOUNT: serviceAccount,
  };
  const args = envoyArgs({ bootstrap: renderText(input), logLevel: 'warning', concurrency: 1 })
    .map((arg) => expandVariables(arg, variables).replaceAll('/etc/istio/pod', root))
    .map((arg) => (arg === '600' ? '1' : arg));
  const command = pod === 'gateway' ? [binary, ...args] : asUser({ uid: 1337, gid: 1337 }, [binary, ...args]);
  const [program = '', ...rest] = network.enter(pod, command);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      log = `${log}${chunk}`.slice(-20_000);
    });
  return { log: () => log, stop: () => void child.kill('SIGKILL') };
}
