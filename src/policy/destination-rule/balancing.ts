import type { LoadBalancerIR, WarmupIR } from '../../ir/types/cluster.ts';
import type { HashPolicyIR } from '../../ir/types/route.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { LoadBalancer } from '../../schema/destination-rule/load-balancer.ts';

/** Of Envoy: https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/load_balancing_policies/ring_hash/v3/ring_hash.proto */
const largestRing = 8_388_608;

/** `original` is Istio's PASSTHROUGH: to the address that the client meant. */
export function loadBalancerOf(lb: LoadBalancer | undefined): LoadBalancerIR | 'original' {
  if (lb?.consistentHash !== undefined) return hashBalancer(lb.consistentHash);
  const warmup = warmupOf(lb);
  switch (lb?.simple) {
    case 'RANDOM':
      return { kind: 'random' };
    case 'PASSTHROUGH':
      return 'original';
    case 'ROUND_ROBIN':
      return { kind: 'round-robin', ...(warmup && { warmup }) };
    default:
      return { kind: 'least-request', ...(warmup && { warmup }) };
  }
}

function hashBalancer(hash: NonNullable<LoadBalancer['consistentHash']>): LoadBalancerIR {
  if (hash.maglev !== undefined) {
    const { tableSize } = hash.maglev;
    return { kind: 'maglev', ...(tableSize === undefined ? {} : { tableSize }) };
  }
  const size = hash.ringHash === undefined ? (hash.minimumRingSize ?? 1024) : hash.ringHash.minimumRingSize;
  return {
    kind: 'ring-hash',
    ...(size === undefined || size === 0 ? {} : { minimumRingSize: Math.min(size, largestRing) }),
  };
}

function warmupOf(lb: LoadBalancer | undefined): WarmupIR | undefined {
  const duration = lb?.warmup?.duration ?? lb?.warmupDurationSecs;
  if (duration === undefined) return undefined;
  const { minimumPercent = 10, aggression = 1 } = lb?.warmup ?? {};
  return { durationMs: parseDuration(duration) ?? 0, minimumPercent, aggression };
}

/** What the hash is taken of; none for other load balancers. */
export function hashPoliciesOf(lb: LoadBalancer | undefined): readonly HashPolicyIR[] {
  const hash = lb?.consistentHash;
  if (hash === undefined) return [];
  if (hash.httpHeaderName !== undefined) return [{ kind: 'header', name: hash.httpHeaderName }];
  if (hash.httpCookie !== undefined) {
    const { name, ttl, path = '', attributes: given = [] } = hash.httpCookie;
    const attributes = given.map((attribute) => ({ name: attribute.name ?? '', value: attribute.value ?? '' }));
    const ttlMs = ttl === undefined ? undefined : parseDuration(ttl);
    return [{ kind: 'cookie', name, path, attributes, ...(ttlMs === undefined ? {} : { ttlMs }) }];
  }
  if (hash.httpQueryParameterName !== undefined) return [{ kind: 'query', name: hash.httpQueryParameterName }];
  return hash.useSourceIp === true ? [{ kind: 'source-ip' }] : [];
}
