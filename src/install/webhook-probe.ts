import { OutriggerError } from '../errors.ts';
import type { InstallCluster } from './cluster.ts';
import { listAt, textAt } from './fields.ts';
import { collectionPath } from './object-path.ts';

/**
 * Has the API server make a pod that asks for injection, dry: it goes the whole way through the webhook and is not kept.
 * Undefined when it came back with a proxy, else why not. Throws OR1630.
 */
export async function whyNotInjected(
  cluster: InstallCluster,
  { namespace, revision }: { readonly namespace: string; readonly revision: string },
): Promise<string | undefined> {
  const labels = {
    'sidecar.istio.io/inject': 'true',
    ...(revision === 'default' ? {} : { 'istio.io/rev': revision }),
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'outrigger-probe', labels },
    spec: { containers: [{ name: 'probe', image: 'probe' }] },
  };
  try {
    const made = await cluster.create(collectionPath('Pod', namespace), pod, { dryRun: true });
    const containers = [...listAt(made, 'spec', 'containers'), ...listAt(made, 'spec', 'initContainers')];
    const injected = containers.some((container) => textAt(container, 'name') === 'istio-proxy');
    return injected ? undefined : 'the API server lets the pod through without asking the webhook';
  } catch (error) {
    if (error instanceof OutriggerError && error.code !== 'OR1630') return error.detail;
    throw error;
  }
}
