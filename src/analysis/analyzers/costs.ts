import { readScopes } from '../../learning/scope-text.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Origin } from '../../model/origin.ts';
import { objectsAt, textAt } from '../../registry/json-fields.ts';
import type { SourceObject } from '../../source/object-source.ts';
import { type AnalysisInput, objectsOf, subjectObjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { finding } from '../finding.ts';
import { lookupIn } from '../mesh-lookup.ts';

/** Services that one workload calls. */
const manyServices = 20;
/** Milliseconds: what is counted for a hop through two proxies under load; alone it is a fraction (`npm run bench datapath`). */
const hopMs = 2;

/** A request that calls so many services in a row waits for all of their proxies. */
export const fanOut: Analyzer = {
  name: 'workload.fan-out',
  description: `Workloads that were seen to call ${manyServices} services or more, and what their hops cost`,
  codes: ['OR3110'],
  atAdmission: false,
  *analyze(input) {
    for (const [workload, services] of servicesByWorkload(input)) {
      if (services.size < manyServices) continue;
      const [namespace = '', name = ''] = workload.split('/');
      if (!input.judged({ kind: 'Deployment', namespace, name })) continue;
      yield finding('OR3110', {
        origin: originOf(namespace, name, input),
        message: `it calls ${services.size} services: one after the other, at ${hopMs} ms a hop, their proxies add up to ${services.size * hopMs} ms to a request`,
      });
    }
  },
};

/** From what the control plane has learnt: `outrigger scope`. */
function servicesByWorkload(input: AnalysisInput): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  const maps = objectsOf(input, '', 'ConfigMap').filter(({ name }) => name.startsWith(learntPrefix));
  for (const { name, object } of maps) {
    const scopes = readScopes(name.slice(learntPrefix.length), textAt(object, 'data', 'scopes.json'));
    for (const [workload, { uses }] of scopes ?? [])
      found.set(workload, new Set([...uses.values()].map((use) => hostOf(use.name))));
  }
  return found;
}

const learntPrefix = 'outrigger-learnt-';

/** `outbound|9080||reviews.default.svc.cluster.local`, `80/reviews.default.svc.cluster.local` */
const hostOf = (name: string) => name.split('|').at(-1)?.split('/').at(-1) ?? name;

function originOf(namespace: string, name: string, input: AnalysisInput): Origin {
  const deployment = objectsOf(input, 'apps', 'Deployment').find(
    (object) => object.namespace === namespace && object.name === name,
  );
  return deployment?.origin ?? { kind: 'Deployment', namespace, name };
}

const nearLimit = 0.8;

/** What the metrics server says of proxies, against the limits of their pods. */
export const proxyMemory: Analyzer = {
  name: 'pod.proxy-memory',
  description: 'Proxies that use most of the memory that they may have',
  codes: ['OR3111'],
  atAdmission: false,
  *analyze(input) {
    const usage = new Map(
      objectsOf(input, 'metrics.k8s.io', 'PodMetrics').map(({ namespace, name, object }) => [
        `${namespace}/${name}`,
        bytes(textAt(proxyOf(objectsAt(object, 'containers')), 'usage', 'memory')),
      ]),
    );
    const { workloads } = lookupIn(input);
    const meshed = new Set(workloads.filter((workload) => workload.meshed).map(({ id }) => id));
    for (const pod of subjectObjects(input, '', 'Pod')) {
      const used = usage.get(`${pod.namespace}/${pod.name}`);
      const limit = limitOf(pod);
      if (used === undefined || limit === 0 || !meshed.has(`${pod.namespace}/${pod.name}`)) continue;
      if (used < nearLimit * limit) continue;
      const message = `its proxy uses ${mega(used)} of ${mega(limit)}`;
      yield finding('OR3111', { origin: pod.origin, message });
    }
  },
};

const mega = (value: number) => `${Math.round(value / 1024 ** 2)} Mi`;

const proxyOf = (containers: readonly JsonObject[]): JsonObject =>
  containers.find(({ name }) => name === 'istio-proxy') ?? {};

function limitOf({ object }: SourceObject): number {
  const containers = [...objectsAt(object, 'spec', 'containers'), ...objectsAt(object, 'spec', 'initContainers')];
  return bytes(textAt(proxyOf(containers), 'resources', 'limits', 'memory'));
}

const units: Readonly<Record<string, number>> = {
  ...{ '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, m: 1e-3 },
  ...{ Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 },
};

/** A quantity of Kubernetes; 0 for what is none. */
function bytes(quantity: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(quantity) ?? [];
  return number === '' ? 0 : Number(number) * (units[unit] ?? 0);
}
