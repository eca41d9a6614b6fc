import { OutriggerError } from '../errors.ts';
import type { ClusterFacts } from '../model/pod.ts';
import { createConnection } from '../source/kubernetes/connection.ts';
import { createCredentials } from '../source/kubernetes/credentials.ts';
import { createKubernetesSource } from '../source/kubernetes/kubernetes-source.ts';

const patienceMs = 10_000;

/** One reading of the cluster's namespaces and nodes. @throws OutriggerError OR1630 and the like */
export async function readClusterOnce(options: { kubeconfig?: string; context?: string }): Promise<ClusterFacts> {
  const controller = new AbortController();
  let problem = 'no answer';
  const source = createKubernetesSource({
    connection: createConnection(createCredentials(options)),
    onProblem: (one) => {
      problem = JSON.stringify(one.failure);
    },
  });
  const timer = setTimeout(() => controller.abort(), patienceMs);
  try {
    await source.start(controller.signal);
    await source.whenSynced(controller.signal);
    return source;
  } catch (cause) {
    throw new OutriggerError('OR1630', `the cluster gave no listing within ${patienceMs / 1000} s: ${problem}`, {
      cause,
    });
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}
