import type { Verdict } from './call.ts';
import { endpointsOf } from './cluster.ts';
import { at, list, type Message, number, text } from './message.ts';
import { closed, type Walk } from './walk.ts';

/** extensions.filters.network.tcp_proxy: the cluster of a filter before it, its own, or one of several by weight. */
export function passOn(config: Message | undefined, chosen: string | undefined, walk: Walk): readonly Verdict[] {
  const targets = chosen === undefined ? targetsOf(config) : [{ name: chosen, share: 1 }];
  return targets.flatMap((target) => toCluster(target, config, walk));
}

interface Target {
  readonly name: string;
  readonly share: number;
}

function targetsOf(config: Message | undefined): readonly Target[] {
  const weighted = list(at(config, 'weighted_clusters'), 'clusters');
  if (weighted.length === 0) return [{ name: text(config, 'cluster'), share: 1 }];
  const weightOf = (one: Message) => number(one, 'weight') ?? 0;
  const total = weighted.reduce((sum, one) => sum + weightOf(one), 0);
  const used = weighted.filter((one) => weightOf(one) > 0);
  return used.map((one) => ({ name: text(one, 'name'), share: weightOf(one) / total }));
}

function toCluster({ name, share }: Target, config: Message | undefined, walk: Walk): readonly Verdict[] {
  const { proxy, call, listener, chain, terminated } = walk;
  const asked = at(config, 'on_demand') === undefined ? undefined : proxy.ask('cluster', name);
  const cluster = proxy.cluster(name) ?? asked;
  if (cluster === undefined) return closed(`there is no cluster ${name}`);
  const endpoints = endpointsOf(cluster, { destination: call.destination, request: 'bytes' }, proxy);
  if (endpoints.length === 0) return closed(`${name} has no endpoint`);
  const { request, answer = [] } = call;
  const way = { listener, chain, route: '', cluster: name, share, terminated };
  return [{ kind: 'forwarded', ...way, endpoints, request, responseHeaders: answer }];
}
