import type { CostRow } from '../api-types.ts';
import { bytesOf, coresOf } from './quantities.ts';
import type { World } from './world.ts';

/** What the proxies of each workload hold, as they say themselves, against their limits. */
export function listCosts({ mesh, useOf }: World): CostRow[] {
  const meshed = [...mesh.snapshot().workloads.values()].filter((workload) => workload.meshed);
  const groups = Map.groupBy(meshed, ({ namespace, workloadName }) => `${namespace}/${workloadName}`);
  return [...groups.values()]
    .flatMap((pods): CostRow[] => {
      const [first] = pods;
      if (first === undefined) return [];
      const used = pods.flatMap(({ id }) => useOf(id)?.memory ?? []);
      const { namespace, workloadName: name, annotations } = first;
      return [
        {
          ...{ namespace, name, pods: pods.map((pod) => pod.name).sort() },
          memory: {
            most: used.length === 0 ? null : Math.max(...used),
            sum: used.reduce((sum, one) => sum + one, 0),
            limit: bytesOf(annotations['sidecar.istio.io/proxyMemoryLimit']),
          },
          cpuLimit: coresOf(annotations['sidecar.istio.io/proxyCPULimit']),
        },
      ];
    })
    .sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
}
