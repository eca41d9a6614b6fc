import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import type { Cluster } from './harness.ts';
import { outriggerCommand } from './outrigger.ts';

/** A replica of what `outrigger install` installed, beside the cluster, with the rights of its service account. */
export async function serveBeside(
  cluster: Cluster,
  name: string,
  port: number,
  extra: readonly string[] = [],
): Promise<Child> {
  const token = await cluster.serviceAccountToken('outrigger-system', 'outrigger');
  const kubeconfig = await cluster.writeKubeconfig(name, { token });
  const args = ['serve', '--kubernetes', 'on', '--kubeconfig', kubeconfig, '--port', String(port)];
  const more = ['--state-dir', join(cluster.folder, name), '--tls-names', cluster.host];
  // As in the Deployment.
  const delay = ['--set', 'server.preStopDelaySeconds=6'];
  const ports = ['--set', 'discovery.port=0', '--set', 'discovery.dnsPort=0'];
  return startChild({
    name,
    env: { POD_NAME: name },
    logFile: join(cluster.folder, `${name}.log`),
    ...outriggerCommand([...args, ...more, ...delay, ...ports, ...extra]),
  });
}
