import { OutriggerError } from '../../errors.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import type { Service } from '../../model/service.ts';
import type { Graph, GraphEdge, Health } from '../../model/service-graph.ts';
import { healthOf } from '../../observe/health.ts';
import { longestRangeMs, secondsOf, sumOf } from '../../observe/history.ts';
import { countedBy, signalsOf, totalOf } from '../../observe/signals.ts';
import type { Tally } from '../../observe/tally.ts';
import { findRule, indexRules } from '../../policy/destination-rule/select.ts';
import { holdsInMesh, hostsOfVirtualServices } from '../../policy/virtual-service/select.ts';
import type { Ejection, EndpointRow, ServicePage, ServiceRow } from '../api-types.ts';
import { askEjecting, ejectionsByHost, ejectionsOf } from './ejections.ts';
import { goldenSignals } from './golden-signals.ts';
import { ejectedFlag, leavers } from './left-endpoints.ts';
import { policiesOfHost, policiesOfWorkload } from './policies.ts';
import { tracedName } from './workloads.ts';
import { pageRange, type World } from './world.ts';

/** Services of the cluster, by namespace and name. */
export function listServices(world: World): ServiceRow[] {
  const ticks = world.counts.within(pageRange * 1000);
  const tallies = [...sumOf(ticks).values()];
  const byHost = new Map<string, Tally[]>();
  for (const tally of tallies)
    for (const [host] of countedBy(tally).hosts.entries()) byHost.set(host, [...(byHost.get(host) ?? []), tally]);
  const ejections = ejectionsByHost(world);
  const sentOn = sentOnBy(world);
  return world.mesh.snapshot().services.map((service): ServiceRow => {
    const { namespace, name, hostname: host } = service;
    const gateway = sentOn(service);
    const own = gateway === undefined ? (byHost.get(host) ?? []) : tallies.filter(gateway);
    return { namespace, name, host, ...stateOf(world, own, ejections(host)) };
  });
}

/** By what was counted of it in the last minute. */
function stateOf(
  { counts }: World,
  tallies: readonly Tally[],
  ejections: readonly Ejection[],
): Pick<ServiceRow, 'signals' | 'health'> {
  const total = totalOf(tallies.map(countedBy));
  const signals = signalsOf(total, secondsOf(counts.within(pageRange * 1000)));
  const facts = { signals, connections: total.opened > 0, telemetry: counts.source.state, rangeSeconds: pageRange };
  return { signals, health: withEjections(healthOf({ ...facts, proxies: { connected: 0, expected: 0 } }), ejections) };
}

/** Who calls a gateway from outside tells nobody: what its pods send on is what came, as in the graph. */
function sentOnBy({ graphs, mesh }: World): (service: Service) => ((tally: Tally) => boolean) | undefined {
  const id = (namespace: string, workload: string) => JSON.stringify([namespace, workload]);
  const { nodes } = graphs.graph(pageRange);
  const gateways = new Set(
    nodes.filter(({ kind }) => kind === 'gateway').map(({ namespace, name }) => id(namespace, name)),
  );
  const { endpoints } = mesh.snapshot();
  return (service) => {
    const of = new Set(
      (endpoints.get(service.id) ?? [])
        .map(({ namespace, workloadName }) => id(namespace, workloadName))
        .filter((workload) => gateways.has(workload)),
    );
    return of.size === 0 ? undefined : ({ source }) => of.has(id(source.namespace, source.workload));
  };
}

/** What clients do without is no failed request any more, and a problem all the same. */
function withEjections(health: Health, ejections: readonly Ejection[]): Health {
  const [first] = ejections;
  if (first === undefined || health.state === 'failing') return health;
  const { client, ejected } = first;
  const more = ejections.length === 1 ? '' : ` and ${ejections.length - 1} more`;
  const what = `${client}${more} ejected ${ejected} ${ejected === 1 ? 'endpoint' : 'endpoints'} for failing`;
  return { state: 'degraded', reason: health.state === 'degraded' ? `${health.reason}; ${what}` : what };
}

/** Throws OR4037. */
export function servicePage(world: World, namespace: string, name: string): ServicePage {
  const snapshot = world.mesh.snapshot();
  const service = snapshot.services.find((one) => one.namespace === namespace && one.name === name);
  if (service === undefined) throw new OutriggerError('OR4037', `service ${namespace}/${name}`);
  const { hostname: host } = service;
  const endpoints = snapshot.endpoints.get(service.id) ?? [];
  const isCalled = (tally: Tally): boolean =>
    countedBy(tally)
      .hosts.entries()
      .some(([called]) => called === host);
  const isOne = sentOnBy(world)(service) ?? isCalled;
  const ejections = ejectionsOf(world, host);
  const tallies = [...sumOf(world.counts.within(pageRange * 1000)).values()].filter(isOne);
  const { asked, others } = askEjecting(world, host);
  const leftBy = leavers(asked, host);
  // Which ones, a proxy says when it is asked; of all of a port it need not.
  const ofPort = (name: string) => endpoints.filter(({ servicePort }) => servicePort === name).length;
  const without = service.ports
    .filter(({ number, name: port }) =>
      ejections.some((one) => one.port === number && one.subset === '' && one.ejected >= ofPort(port)),
    )
    .map(({ name: port }) => port);
  const pods = endpoints.find(({ workload }) => workload !== '');
  return {
    ...{ namespace, name, host },
    ports: service.ports.map(({ number: port, name: portName, protocol }) => ({ port, name: portName, protocol })),
    health: stateOf(world, tallies, ejections).health,
    signals: goldenSignals(world.counts.within(longestRangeMs), isOne),
    split: splitOf(world, service, endpoints, isCalled),
    rulesBefore: Math.max(0, rulesOf(world, host).length - 1),
    endpoints: endpoints.map((endpoint) => {
      const row = endpointRow(endpoint);
      const number = service.ports.find(({ name }) => name === endpoint.servicePort)?.number ?? 0;
      const left = leftBy(number, row.address);
      const isEjected = without.includes(endpoint.servicePort) || left.some(({ flags }) => flags.includes(ejectedFlag));
      return { ...row, leftBy: left, ...(isEjected ? { health: 'ejected' as const } : {}) };
    }),
    ejections,
    asked: {
      proxies: asked.map(({ proxy, client, look: { state, answer } }) => ({
        proxy,
        client,
        state,
        at: answer?.at ?? null,
      })),
      others,
    },
    inbound: callsTo(world.graphs.graph(pageRange), host),
    policies: [
      ...policiesOfHost(world, host, namespace),
      ...(pods === undefined ? [] : policiesOfWorkload(world, pods, snapshot.workloads.get(pods.workload)?.role)),
    ],
    traced: tracedName(snapshot.workloads.get(pods?.workload ?? '')),
  };
}

function callsTo({ edges }: Graph, host: string): GraphEdge[] {
  return edges.filter(({ hosts }) => hosts.includes(host));
}

const healths = { ready: 'healthy', 'not-ready': 'unhealthy', terminating: 'draining' } as const;

function endpointRow(endpoint: Endpoint): Omit<EndpointRow, 'leftBy'> {
  const { address, port, workloadName, labels, canonicalRevision, health } = endpoint;
  const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return {
    address: at,
    workload: workloadName,
    version: labels['version'] ?? canonicalRevision,
    health: healths[health],
  };
}

/** Of each version that has endpoints, is routed to, or was called; what ended before it reached any (a fault, no endpoint) is of none. */
function splitOf(
  world: World,
  service: Service,
  endpoints: readonly Endpoint[],
  isOne: (tally: Tally) => boolean,
): ServicePage['split'] {
  const observed = new Map<string, number>();
  for (const tally of sumOf(world.counts.within(pageRange * 1000)).values())
    if (isOne(tally) && tally.target.version !== '')
      observed.set(tally.target.version, (observed.get(tally.target.version) ?? 0) + countedBy(tally).requests);
  const all = [...observed.values()].reduce((sum, count) => sum + count, 0);
  const configured = configuredSplit(world, service);
  const versions = new Set([
    ...endpoints.map(({ labels, canonicalRevision }) => labels['version'] ?? canonicalRevision),
    ...(configured?.keys() ?? []),
    ...observed.keys(),
  ]);
  versions.delete('');
  return [...versions].sort().map((version) => ({
    version,
    configured: configured === undefined ? null : (configured.get(version) ?? 0),
    observed: all === 0 ? null : (observed.get(version) ?? 0) / all,
  }));
}

function rulesOf({ mesh, settings }: Pick<World, 'mesh' | 'settings'>, host: string) {
  const inMesh = mesh.snapshot().virtualServices.filter(holdsInMesh);
  return hostsOfVirtualServices(inMesh, settings().domainSuffix).find(host)?.spec.http ?? [];
}

/** What the last rule says, which is for whatever no other is for; undefined: no route tells versions apart. */
function configuredSplit({ mesh, settings }: World, service: Service): Map<string, number> | undefined {
  const snapshot = mesh.snapshot();
  const { domainSuffix, rootNamespaces } = settings();
  const { hostname: host, namespace } = service;
  const routes = rulesOf({ mesh, settings }, host).at(-1)?.route ?? [];
  const client = { namespace, labels: {} };
  const rule = findRule(indexRules(snapshot.destinationRules, domainSuffix), {
    host,
    owner: namespace,
    client,
    rootNamespaces,
  });
  const shares = new Map<string, number>();
  const sum = routes.reduce((total, { weight }) => total + (weight ?? 0), 0);
  for (const { destination, weight = 0 } of routes) {
    const subset = rule?.subsets?.find(({ name }) => name === destination?.subset);
    const version = subset?.labels?.['version'] ?? destination?.subset;
    if (version === undefined) return undefined;
    const share = routes.length === 1 ? 1 : sum === 0 ? 0 : weight / sum;
    shares.set(version, (shares.get(version) ?? 0) + share);
  }
  return shares.size === 0 ? undefined : shares;
}
