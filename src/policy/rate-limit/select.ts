import type { ClusterIR } from '../../ir/types/cluster.ts';
import type { GlobalRateLimitsIR, RateLimitIR, RateLimitsIR } from '../../ir/types/rate-limit.ts';
import type { Config } from '../../registry/snapshot.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { RateLimit } from '../../schema/kinds.ts';
import { hasLabels } from '../client.ts';
import { limitsOf } from './limits.ts';

export interface RateLimitQuery {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly rootNamespaces: readonly string[];
  /** `[namespace/]host` and a port. */
  readonly clusterOf: (service: string, port: number) => ClusterIR | undefined;
}

type Given = NonNullable<RateLimit['spec']['global']>;

/**
 * What holds for a workload: limits of its namespace and of the root namespaces whose selector fits. A proxy asks one
 * service, that of the oldest; limits that cannot be asked about let all by or none, as their `failureMode` says.
 */
export function rateLimitsFor(configs: readonly Config<RateLimit>[], query: RateLimitQuery): RateLimitsIR {
  const found = configs.filter((config) => holdsFor(config, query));
  const local: RateLimitIR[] = [];
  const asked: RateLimitIR[] = [];
  const problems: RateLimitsIR['problems'][number][] = [];
  let global: Omit<GlobalRateLimitsIR, 'limits'> | undefined;
  for (const config of found) {
    const limits = limitsOf(config);
    const { global: given } = config.spec;
    if (given === undefined) {
      local.push(...limits);
      continue;
    }
    const service = serviceOf(given, global, query);
    if (typeof service === 'string') {
      const closed = given.failureMode === 'closed';
      if (closed) local.push(...limits.map((limit) => ({ ...limit, requests: 0, burst: 0 })));
      const what = closed ? 'its requests are refused' : 'its requests are not counted';
      problems.push({ message: `${service}: ${what}`, origins: [config.origin] });
      continue;
    }
    global = service;
    // Nothing is to be asked about those that let none by.
    local.push(...limits.filter(({ requests }) => requests === 0));
    asked.push(...limits.filter(({ requests }) => requests > 0));
  }
  return {
    local,
    ...(global === undefined || asked.length === 0 ? {} : { global: { ...global, limits: asked } }),
    problems,
  };
}

function holdsFor({ namespace, spec }: Config<RateLimit>, query: RateLimitQuery): boolean {
  if (namespace !== query.namespace && !query.rootNamespaces.includes(namespace)) return false;
  return hasLabels(query.labels, spec.selector?.matchLabels);
}

/** Envoy's own 20 ms are too short for a first question, over a new connection. */
const usualWaitMs = 100;

/** Who is asked, or why nobody is. */
function serviceOf(
  { service, port, domain = 'outrigger', timeout = '', failureMode }: Given,
  before: Omit<GlobalRateLimitsIR, 'limits'> | undefined,
  { clusterOf }: RateLimitQuery,
): Omit<GlobalRateLimitsIR, 'limits'> | string {
  const cluster = clusterOf(service, port);
  if (cluster === undefined) return `the service ${service}, port ${port}, is not known here`;
  const wanted = {
    host: service.slice(service.indexOf('/') + 1),
    cluster,
    domain,
    timeoutMs: parseDuration(timeout) ?? usualWaitMs,
    failOpen: failureMode !== 'closed',
  };
  if (before === undefined) return wanted;
  const same =
    cluster === before.cluster &&
    JSON.stringify({ ...wanted, cluster: 0 }) === JSON.stringify({ ...before, cluster: 0 });
  return same ? before : `an older RateLimit of the same pods names the service ${before.host} or other settings of it`;
}
