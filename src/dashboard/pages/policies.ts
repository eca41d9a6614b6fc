import type { Origin } from '../../model/origin.ts';
import { hasLabels } from '../../policy/client.ts';
import { findRule, indexRules } from '../../policy/destination-rule/select.ts';
import { indexPeerAuthentications } from '../../policy/peer-authentication/mode.ts';
import { isAttached, isTarget } from '../../policy/targets.ts';
import { holdsInMesh, hostsOfVirtualServices } from '../../policy/virtual-service/select.ts';
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

/** What is said of pods by their labels. */
export function policiesOfPods({ mesh, settings }: World, namespace: string, labels: Labels): PolicyRef[] {
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

function ref({ kind, namespace, name }: Origin, effect: string): PolicyRef {
  return { kind, namespace, name, effect };
}
