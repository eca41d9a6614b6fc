import type { MeshSettings } from '../model/mesh-settings.ts';
import type { Origin } from '../model/origin.ts';
import type { GraphEdge, PlaintextCause } from '../model/service-graph.ts';
import type { Workload } from '../model/workload.ts';
import { hasLabels } from '../policy/client.ts';
import { effectivePolicy } from '../policy/destination-rule/effective.ts';
import type { MergedRule } from '../policy/destination-rule/merge.ts';
import { findRule, indexRules } from '../policy/destination-rule/select.ts';
import { indexPeerAuthentications } from '../policy/peer-authentication/mode.ts';
import type { Snapshot } from '../registry/snapshot.ts';

interface Facts {
  readonly snapshot: Snapshot;
  readonly settings: MeshSettings;
}

interface Call {
  readonly caller: Workload;
  readonly called: Workload;
  readonly hosts: readonly string[];
}

type Check = (call: Call) => PlaintextCause | undefined;

/**
 * Whose doing it is that a call comes in plaintext. A proxy that is missing comes before what is configured: no configuration
 * could secure such a call.
 */
export function plaintextCauses(facts: Facts): (edge: GraphEdge) => PlaintextCause | undefined {
  const { workloads, machines } = facts.snapshot;
  const pods = new Map<string, Workload>();
  for (const pod of [...machines.values(), ...workloads.values()])
    pods.set(placeOf(pod.namespace, pod.workloadName), pod);
  const checks: readonly Check[] = [ruleCause(facts), peerCause(facts), ({ hosts }) => addressCause(facts, hosts)];
  return ({ source, target, hosts, mtls: { share } }) => {
    if (share === null || share >= 1) return undefined;
    const [caller, called] = [source, target].map((id) => pods.get(placeOfNode(id)));
    if (!caller?.meshed) return without('the caller has no proxy of the mesh');
    if (!called?.meshed) return without('whom it calls has no proxy of the mesh');
    for (const check of checks) {
      const cause = check({ caller, called, hosts });
      if (cause !== undefined) return cause;
    }
    if (!facts.settings.enableAutoMtls)
      return without('the mesh uses mutual TLS only where it is told to (enableAutoMtls)');
    return undefined;
  };
}

const placeOf = (namespace: string, name: string) => JSON.stringify([namespace, name]);

/** `<kind>/<namespace>/<name>/<version>` */
function placeOfNode(id: string): string {
  const [, namespace = '', name = ''] = id.split('/').map(decodeURIComponent);
  return placeOf(namespace, name);
}

function without(reason: string): PlaintextCause {
  return { reason, by: [] };
}

/** The client's DestinationRule turns it off, or wants TLS that is not the mesh's. */
function ruleCause({ snapshot, settings: { domainSuffix, rootNamespaces } }: Facts): Check {
  const rules = indexRules(snapshot.destinationRules, domainSuffix);
  const services = new Map(snapshot.services.map((service) => [service.hostname, service]));
  return ({ caller: { namespace, labels }, called, hosts }) => {
    for (const host of hosts) {
      const service = services.get(host);
      if (service === undefined) continue;
      const client = { namespace, labels };
      const rule = findRule(rules, { host, owner: service.namespace, client, rootNamespaces });
      if (rule === undefined) continue;
      const modes = modesOf(rule, called, service.ports);
      if (modes.includes('DISABLE')) return { reason: 'its rule for clients turns it off (DISABLE)', by: named(rule) };
      const own = modes.find((mode) => mode === 'SIMPLE' || mode === 'MUTUAL');
      if (own !== undefined)
        return { reason: `its rule for clients asks for TLS that is not the mesh’s (${own})`, by: named(rule) };
    }
    return undefined;
  };
}

/** Of all ports and the subsets that the called pod is in. */
function modesOf(rule: MergedRule, called: Workload, ports: readonly { readonly number: number }[]): string[] {
  const subsets = [
    '',
    ...rule.subsets.filter(({ labels }) => hasLabels(called.labels, labels)).map(({ name }) => name),
  ];
  return subsets.flatMap((subset) =>
    ports.flatMap(({ number }) => {
      const { tls } = effectivePolicy(rule, subset, number);
      return tls === undefined ? [] : [tls.mode ?? 'DISABLE'];
    }),
  );
}

function peerCause({ snapshot, settings: { rootNamespaces } }: Facts): Check {
  const modes = indexPeerAuthentications(snapshot.peerAuthentications, rootNamespaces);
  return ({ called: { namespace, labels } }) => {
    const { mode, ports, origin } = modes.forWorkload(namespace, labels);
    if (mode !== 'disable' && ![...ports.values()].includes('disable')) return undefined;
    return {
      reason: 'whom it calls lets in plaintext alone (DISABLE)',
      by: origin === undefined ? [] : [short(origin)],
    };
  };
}

/** Where the client knows no service, it does not know that there is a proxy. */
function addressCause({ snapshot }: Facts, hosts: readonly string[]): PlaintextCause | undefined {
  const isKnown = snapshot.services.some(({ hostname }) => hosts.includes(hostname));
  return isKnown ? undefined : without('it calls an address, not a service of the mesh');
}

function named({ origins }: MergedRule): PlaintextCause['by'] {
  return origins.map(short);
}

function short({ kind, namespace, name }: Origin): PlaintextCause['by'][number] {
  return { kind, namespace, name };
}
