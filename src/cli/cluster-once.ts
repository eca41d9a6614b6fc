import { readInstalled } from '../cluster-access/installed.ts';
import { OutriggerError } from '../errors.ts';
import type { InstalledRevisions } from '../model/installed-revisions.ts';
import type { ClusterFacts } from '../model/pod.ts';
import { createCredentials } from '../source/kubernetes/credentials.ts';
import { createKubernetesSource } from '../source/kubernetes/kubernetes-source.ts';
import { notKnown, openPatient } from './talking-connection.ts';

const patienceMs = 10_000;
/** Failures after which the next attempt may well succeed. */
const passing = ['throttled', 'gone', 'idle'];

/** What the cluster's webhooks say of its control planes, and its namespaces and nodes, read once. */
export interface ClusterOnce {
  readonly facts: ClusterFacts;
  /** Undefined: they may not be listed. */
  readonly installed: InstalledRevisions | undefined;
}

/** One reading of the cluster's namespaces, nodes and revisions. @throws OutriggerError OR1630, OR1631, OR1635 */
export async function readClusterOnce(options: { kubeconfig?: string; context?: string }): Promise<ClusterOnce> {
  const credentials = createCredentials(options);
  // A kubeconfig or a context that is not there says so itself: OR1631.
  await credentials.target();
  const controller = new AbortController();
  let problem = 'no answer';
  let isKnown = true;
  const connection = openPatient(credentials);
  const source = createKubernetesSource({
    connection,
    // A command has a person waiting: the first failure is the answer.
    onProblem: ({ resource, failure }) => {
      isKnown &&= failure.kind !== 'unauthorized';
      problem = `${failure.kind}: ${failure.message}`;
      if (resource === 'namespaces' && !passing.includes(failure.kind)) controller.abort();
    },
  });
  const timer = setTimeout(() => controller.abort(), patienceMs);
  try {
    await source.start(controller.signal);
    await source.whenSynced(controller.signal);
    return { facts: source, installed: await readInstalled(connection) };
  } catch (cause) {
    if (!isKnown) throw notKnown(connection.server);
    throw new OutriggerError('OR1630', `the namespaces of the cluster cannot be listed: ${problem}`, {
      cause,
    });
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}
