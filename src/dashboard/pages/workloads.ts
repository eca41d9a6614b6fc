import { OutriggerError } from '../../errors.ts';
import type { ReportedProxy } from '../../model/proxy-report.ts';
import { spiffeId, type Workload } from '../../model/workload.ts';
import { longestRangeMs } from '../../observe/history.ts';
import type { Tally } from '../../observe/tally.ts';
import type { ProxyRow, WorkloadPage } from '../api-types.ts';
import { goldenSignals } from './golden-signals.ts';
import { policiesOfWorkload } from './policies.ts';
import { bytesOf, coresOf } from './quantities.ts';
import { pageRange, type World } from './world.ts';

/** Throws OR4037. */
export function workloadPage(world: World, namespace: string, name: string): WorkloadPage {
  const { workloads, machines } = world.mesh.snapshot();
  const pods = [...workloads.values(), ...machines.values()].filter(
    (one) => one.namespace === namespace && one.workloadName === name,
  );
  const { nodes, edges } = world.graphs.graph(pageRange);
  const own = new Set(nodes.filter((node) => node.namespace === namespace && node.name === name).map(({ id }) => id));
  if (pods.length === 0 && own.size === 0) throw new OutriggerError('OR4037', `workload ${namespace}/${name}`);
  const node = nodes.find(({ id }) => own.has(id));
  const isOf = ({ namespace: of, workload }: Tally['target']) => of === namespace && workload === name;
  const gateway = node?.kind === 'gateway' || pods[0]?.role === 'gateway';
  return {
    ...{ namespace, name, kind: gateway ? 'gateway' : 'workload' },
    signals: goldenSignals(world.counts.within(longestRangeMs), ({ source, target }) =>
      isOf(gateway ? source : target),
    ),
    health: node?.health ?? { state: 'unknown', reason: 'it has no proxy, and nobody with one called it' },
    inbound: edges.filter(({ target }) => own.has(target)),
    outbound: edges.filter(({ source }) => own.has(source)),
    policies: pods[0] === undefined ? [] : policiesOfWorkload(world, pods[0], pods[0].role),
    proxies: proxyRows(world, pods),
    traced: tracedName(pods[0]),
    pods: pods
      .filter(({ id }) => workloads.has(id))
      .map((pod) => pod.name)
      .sort(),
  };
}

/** The name of a service in traces, as its proxy says it. */
export function tracedName(workload: Workload | undefined): string {
  return workload === undefined ? '' : `${workload.canonicalService}.${workload.namespace}`;
}

function proxyRows(world: World, pods: readonly Workload[]): ProxyRow[] {
  const reported = new Map(world.mesh.report().proxies.map((proxy) => [proxy.proxy, proxy]));
  return pods
    .filter(({ meshed }) => meshed)
    .map(({ id, annotations, serviceAccount, namespace }): ProxyRow => {
      const identity = spiffeId(world.settings().trustDomain, namespace, serviceAccount);
      const expires = world.certificateEnd(identity);
      const proxy = reported.get(id);
      const use = world.useOf(id);
      return {
        pod: id,
        // Another replica may serve it: it says itself whether one does.
        synced: proxy === undefined ? (use?.connected === true ? 'SYNCED' : 'DISCONNECTED') : worstOf(proxy),
        envoy: proxy?.envoyVersion ?? '',
        ...(proxy?.rejections[0] === undefined
          ? {}
          : { problem: `${proxy.rejections[0].resource}: ${proxy.rejections[0].reason}` }),
        memory: { used: use?.memory ?? null, limit: bytesOf(annotations['sidecar.istio.io/proxyMemoryLimit']) },
        cpu: { used: null, limit: coresOf(annotations['sidecar.istio.io/proxyCPULimit']) },
        certificate: expires === undefined ? null : { identity, expires },
      };
    })
    .sort((a, b) => (a.pod < b.pod ? -1 : 1));
}

const order = ['NACKED', 'STALE'] as const;

/** Types that nothing was sent of are no news, as long as anything was. */
function worstOf({ types }: ReportedProxy): ProxyRow['synced'] {
  const states = Object.values(types).map(({ state }) => state);
  return order.find((state) => states.includes(state)) ?? (states.includes('SYNCED') ? 'SYNCED' : 'NOT SENT');
}
