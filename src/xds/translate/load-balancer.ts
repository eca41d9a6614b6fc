import type { ClusterIR, LoadBalancerIR, WarmupIR } from '../../ir/types/cluster.ts';
import type { Message } from '../resource.ts';
import { any, duration, given } from './common.ts';
import { chosenEndpointHeader } from './virtual-host.ts';

type Balancing = Pick<ClusterIR, 'loadBalancer' | 'locality' | 'outlier'>;

export function translateLoadBalancer({ loadBalancer, locality, outlier }: Balancing): Message {
  const weighted = locality?.kind === 'shares' || locality?.kind === 'zones' ? { locality_weighted_lb_config: {} } : {};
  const panic = outlier === undefined ? {} : { healthy_panic_threshold: { value: outlier.minHealthPercent } };
  return { ...policyOf(loadBalancer), common_lb_config: { ...panic, ...weighted } };
}

function policyOf(balancer: LoadBalancerIR): Message {
  switch (balancer.kind) {
    case 'random':
      return { lb_policy: 'RANDOM' };
    case 'round-robin':
      return { lb_policy: 'ROUND_ROBIN', ...warmupIn('round_robin_lb_config', balancer.warmup) };
    case 'least-request':
      return { lb_policy: 'LEAST_REQUEST', ...warmupIn('least_request_lb_config', balancer.warmup) };
    case 'ring-hash':
      return {
        lb_policy: 'RING_HASH',
        ring_hash_lb_config: given({ minimum_ring_size: balancer.minimumRingSize }),
      };
    case 'maglev':
      return { lb_policy: 'MAGLEV', maglev_lb_config: given({ table_size: balancer.tableSize }) };
  }
}

function warmupIn(field: string, warmup: WarmupIR | undefined): Message {
  if (warmup === undefined) return {};
  const { durationMs, minimumPercent, aggression } = warmup;
  const aggressive = { default_value: aggression, runtime_key: 'outrigger.warmup_aggression' };
  const config = { slow_start_window: duration(durationMs), aggression: aggressive };
  return { [field]: { slow_start_config: { ...config, min_weight_percent: { value: minimumPercent } } } };
}

/** The endpoint that the request names by header, else any in turn: keeps what EDS says of each endpoint. */
export const byChosenEndpoint: Message = {
  load_balancing_policy: {
    policies: [
      {
        typed_extension_config: {
          name: 'envoy.load_balancing_policies.override_host',
          typed_config: any('extensions.load_balancing_policies.override_host.v3.OverrideHost', {
            override_host_sources: [{ header: chosenEndpointHeader }],
            fallback_policy: {
              policies: [
                {
                  typed_extension_config: {
                    name: 'envoy.load_balancing_policies.round_robin',
                    typed_config: any('extensions.load_balancing_policies.round_robin.v3.RoundRobin'),
                  },
                },
              ],
            },
          }),
        },
      },
    ],
  },
};
