import type { JsonObject } from '../../model/json.ts';
import { controlPlaneName } from '../build-manifests.ts';
import type { InstallCluster } from '../cluster.ts';
import { listAt, numberAt, textAt } from '../fields.ts';
import { gatewayViews } from '../gateways.ts';
import type { ManifestOptions } from '../manifest-options.ts';
import { collectionPath } from '../object-path.ts';
import { troubleOfPod } from '../pod-trouble.ts';
import { whyNotReady } from '../readiness.ts';
import { whyNotInjected } from '../webhook-probe.ts';
import { type CheckLine, failed, ok, warning } from './check-line.ts';

/** Whether what was installed runs: control plane, webhook, gateways. Throws OR1630, OR2503. */
export async function runningChecks(cluster: InstallCluster, options: ManifestOptions): Promise<CheckLine[]> {
  const { namespace, revision } = options;
  const name = controlPlaneName(revision);
  const selector = { app: 'outrigger', 'outrigger.io/rev': revision };
  const inside = options.webhookUrl === '';
  return [
    ...(inside ? await ofDeployment(cluster, { namespace, name, selector, group: 'control-plane' }) : []),
    await ofWebhook(cluster, options),
    ...(
      await Promise.all(gatewayViews(options).map((view) => ofDeployment(cluster, { ...view, group: 'gateways' })))
    ).flat(),
  ];
}

interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly group: string;
}

async function ofDeployment(cluster: InstallCluster, workload: Workload): Promise<CheckLine[]> {
  const { namespace, name, selector, group } = workload;
  const text = `all replicas of ${name} are available`;
  const labelSelector = Object.entries(selector).map((pair) => pair.join('='));
  const pods = await cluster.list(collectionPath('Pod', namespace), { labelSelector: labelSelector.join(',') });
  const found = await cluster.get(`${collectionPath('Deployment', namespace)}/${name}`);
  const why = found === undefined ? 'the Deployment is not there' : whyNotReady({ ...found, kind: 'Deployment' });
  const said = pods.flatMap((pod) => troubleOfPod(pod)?.text ?? []);
  const hint = `see \`kubectl -n ${namespace} get pods,events\``;
  if (why !== undefined) return [failed(group, text, { reason: [why, ...said.slice(0, 1)].join('; '), hint })];
  return [ok(group, `${text} (${numberAt(found, 'status', 'availableReplicas')})`), ...ofRestarts(pods, group, name)];
}

const manyRestarts = 3;

function ofRestarts(pods: readonly JsonObject[], group: string, name: string): CheckLine[] {
  const restarts = pods.flatMap((pod) =>
    listAt(pod, 'status', 'containerStatuses').map((container) => numberAt(container, 'restartCount')),
  );
  const most = Math.max(0, ...restarts);
  if (most < manyRestarts) return [];
  return [
    warning(group, `${name} does not restart`, {
      reason: `a replica was started ${most} times again`,
      hint: `see why: \`kubectl -n ${textAt(pods[0], 'metadata', 'namespace')} logs ${textAt(pods[0], 'metadata', 'name')} --previous\``,
    }),
  ];
}

async function ofWebhook(cluster: InstallCluster, { gateways, revision }: ManifestOptions): Promise<CheckLine> {
  const text = 'the webhook injects: the API server made a pod with a proxy (dry run)';
  const why = await whyNotInjected(cluster, { namespace: gateways.namespace, revision });
  if (why === undefined) return ok('webhook', text);
  return failed('webhook', text, {
    reason: why,
    hint: 'see whether the replicas are ready and whether a firewall or NetworkPolicy stands between API server and port 15017',
  });
}
