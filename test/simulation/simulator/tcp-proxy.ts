import type { Verdict } from './call.ts';
import { endpointsOf } from './cluster.ts';
import { at, list, type Message, number, text } from './message.ts';
import { closed, type Walk } from './walk.ts';

/** extensions.filters.network.tcp_proxy: the cluster of a filter before it, its own, or one of several by weight. */
export function passOn(config: Message | undefined, chosen: string | undefined, walk: Walk): readonly Verdict[] {
  return (chosen === undefined ? clustersOf(config) : [chosen]).flatMap((name) => toCluster(name, config, walk));
}

function clustersOf(config: Message | undefined): readonly string[] {
  const weighted = list(at(config, 'weighted_clusters'), 'clusters');
  if (weighted.length === 0) return [text(config, 'cluster')];
  return weighted.filter((one) => (number(one, 'weight') ?? 0) > 0).map((one) => text(one, 'name'));
}

function toCluster(name: string, config: Message | undefined, walk: Walk): readonly Verdict[] {
  const { proxy, call, listener, chain } = walk;
  const asked = at(config, 'on_demand') === undefined ? undefined : proxy.ask('cluster', name);
  const cluster = proxy.cluster(name) ?? asked;
  if (cluster === undefined) return closed(`there is no cluster ${name}`);
  const endpoints = endpointsOf(cluster, { destination: call.destination, request: 'bytes' }, proxy);
  if (endpoints.length === 0) return closed(`${name} has no endpoint`);
  const { request } = call;
  return [{ kind: 'forwarded', listener, chain, route: '', cluster: name, endpoints, request, responseHeaders: [] }];
}
