import type { Origin } from '../../model/origin.ts';
import type { Workload } from '../../model/workload.ts';
import { hasLabels } from '../../policy/client.ts';
import { findRule, indexRules } from '../../policy/destination-rule/select.ts';
import { indexPeerAuthentications } from '../../policy/peer-authentication/mode.ts';
import { isAttached, isTarget } from '../../policy/targets.ts';
import { gatewayVirtualServices, holdsInMesh, hostsOfVirtualServices } from '../../policy/virtual-service/select.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { PolicyRef } from '../api-types.ts';
import type { World } from './world.ts';

type Labels = Readonly<Record<string, string>>;

/** What is said of a host: its routes and its rule, as pods of its namespace see them. */
export function policiesOfHost({ mesh, settings }: World, host: string, namespace: string): PolicyRef[] {
  const snapshot = mesh.snapshot();
  const { domainSuffix, rootNamespaces } = settings();
  const routes = hostsOfVirtualServices(snapshot.virtualServices.filter(holdsInMesh), domainSuffix).find(host);
  const client = { namespace, labels: {} };
  const rule = findRule(indexRules(snapshot.destinationRules, domainSuffix), {
    host,
    owner: namespace,
    client,
    rootNamespaces,
  });
  const rules = routes === undefined ? 0 : (routes.spec.http ?? []).length;
  return [
    ...(routes === undefined
      ? []
      : [ref(routes.origin, `${rules} ${rules === 1 ? 'rule' : 'rules'} for HTTP requests`)]),
    ...(rule?.origins ?? []).map((origin) => ref(origin, 'how its endpoints are called')),
  ];
}

/** What is said of pods by their labels; of those of a gateway, what they listen for, too. */
export function policiesOfWorkload(
  world: World,
  { namespace, labels }: { readonly namespace: string; readonly labels: Labels },
  role: Workload['role'] | undefined,
): PolicyRef[] {
  return [...(role === 'gateway' ? policiesOfGateway(world, labels) : []), ...policiesOfPods(world, namespace, labels)];
}

function policiesOfPods({ mesh, settings }: World, namespace: string, labels: Labels): PolicyRef[] {
  const snapshot = mesh.snapshot();
  const { rootNamespaces } = settings();
  const { mode, origin } = indexPeerAuthentications(snapshot.peerAuthentications, rootNamespaces).forWorkload(
    namespace,
    labels,
  );
  const holds = (config: Config<{ readonly spec: object }>): boolean => {
    if (isAttached(config.spec)) return config.namespace === namespace && isTarget(config.spec, labels);
    const { selector } = config.spec as { readonly selector?: { readonly matchLabels?: Labels } };
    const near = config.namespace === namespace || rootNamespaces.includes(config.namespace);
    return near && hasLabels(labels, selector?.matchLabels);
  };
  return [
    ...(origin === undefined ? [] : [ref(origin, `mutual TLS is ${mode.toUpperCase()}`)]),
    ...snapshot.authorizationPolicies
      .filter(holds)
      .map(({ origin: of, spec }) => ref(of, `${spec.action ?? 'ALLOW'} of requests`)),
    ...snapshot.requestAuthentications.filter(holds).map(({ origin: of }) => ref(of, 'tokens that are taken')),
    ...snapshot.telemetries.filter(holds).map(({ origin: of }) => ref(of, 'what is logged, counted and traced')),
    ...snapshot.rateLimits.filter(holds).map(({ origin: of }) => ref(of, 'how many requests are taken')),
    ...snapshot.sidecars
      .filter((config) => {
        const { workloadSelector } = config.spec;
        return config.namespace === namespace && hasLabels(labels, workloadSelector?.labels);
      })
      .map(({ origin: of }) => ref(of, 'which hosts it can call')),
  ];
}

/** The Gateways that select them, wherever these are, and the routes bound to them. */
function policiesOfGateway({ mesh }: World, labels: Labels): PolicyRef[] {
  const { gateways, virtualServices } = mesh.snapshot();
  const own = gateways.filter(({ spec }) => hasLabels(labels, spec.selector));
  const ids = new Set(own.map(({ namespace, name }) => `${namespace}/${name}`));
  return [
    ...own.map(({ origin, spec }) => {
      const ports = spec.servers.map(({ port }) => `${port.number} (${port.protocol})`);
      return ref(origin, `where it listens: ${[...new Set(ports)].join(', ')}`);
    }),
    ...gatewayVirtualServices(virtualServices, ids).map(({ origin, spec }) =>
      ref(origin, `where requests for ${(spec.hosts ?? []).join(', ')} go`),
    ),
  ];
}

function ref({ kind, namespace, name }: Origin, effect: string): PolicyRef {
  return { kind, namespace, name, effect };
}
