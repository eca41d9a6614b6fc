import { at, list, type Message, text } from './message.ts';

export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly message: Message;
}

/** What a proxy has been told, and whom it asks for the rest. */
export interface ProxyState {
  readonly listeners: ReadonlyMap<string, Message>;
  cluster(name: string): Message | undefined;
  /** The ClusterLoadAssignment. */
  endpoints(name: string): Message | undefined;
  route(name: string): Message | undefined;
  /** The configuration of a filter that comes by name (ECDS). */
  extension(name: string): Message | undefined;
  /** Virtual hosts that belong to a route configuration and came by themselves (VHDS). */
  hostsOf(route: string): readonly Message[];
  /** A resource that comes when it is first used. */
  ask(type: string, name: string): Message | undefined;
}

export type Ask = (type: string, name: string) => Message | undefined;

/** A proxy that holds resources; a VHDS name is `<route configuration>/<host>`. */
export function proxyOf(resources: readonly Resource[], ask: Ask = () => undefined): ProxyState {
  const of = (type: string) =>
    new Map(resources.filter((one) => one.type === type).map(({ name, message }) => [name, message]));
  const [clusters, endpoints, routes, extensions] = [of('cluster'), of('endpoint'), of('route'), of('extension')];
  const hosts = [...of('virtualHost')];
  return {
    listeners: of('listener'),
    cluster: (name) => clusters.get(name),
    endpoints: (name) => endpoints.get(name) ?? ask('endpoint', name),
    route: (name) => routes.get(name),
    extension: (name) => at(extensions.get(name), 'typed_config'),
    hostsOf: (route) => hosts.filter(([name]) => name.startsWith(`${route}/`)).map(([, host]) => host),
    ask,
  };
}

/** The name of a filter and its configuration, wherever that is written. */
export function filterOf(filter: Message, proxy: ProxyState): readonly [name: string, config: Message | undefined] {
  const name = text(filter, 'name');
  return [name, at(filter, 'config_discovery') === undefined ? at(filter, 'typed_config') : proxy.extension(name)];
}

export const filtersOf = (holder: Message, key: string, proxy: ProxyState) =>
  list(holder, key).map((filter) => filterOf(filter, proxy));
