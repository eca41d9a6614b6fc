import type { JsonObject } from '../../model/json.ts';
import { isObject } from '../../model/json.ts';
import { matchesSelector } from '../../model/label-selector.ts';
import { fieldOf } from '../../model/origin.ts';
import { fieldAt, objectsAt, textAt, textMapAt, textsAt } from '../../registry/json-fields.ts';
import type { SourceObject } from '../../source/object-source.ts';
import { type AnalysisInput, objectsOf, subjectObjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { finding } from '../finding.ts';
import { lookupIn, type MeshLookup } from '../mesh-lookup.ts';
import { faultOf, isRunning } from './injection.ts';

/**
 * Pods of the control plane and of gateways have to be able to move; those that have to be made anew for their proxy do not
 * become so with their node. Other pods of the mesh are held as they would be without it (0341).
 */
export const disruptionBudgets: Analyzer = {
  name: 'pod-disruption-budget',
  description:
    'PodDisruptionBudgets that let no pod be evicted of the control plane, of a gateway, or that has to get another proxy',
  codes: ['OR3090'],
  atAdmission: false,
  *analyze(input) {
    const { workloads } = lookupIn(input);
    for (const { namespace, object, origin } of subjectObjects(input, 'policy', 'PodDisruptionBudget')) {
      const selector = fieldAt(object, 'spec', 'selector');
      const isIts: IsIts = (pod, labels) => pod.namespace === namespace && isSelected(selector, labels);
      const held = workloads.filter((pod) => isIts(pod, pod.labels));
      const said = held.length === 0 ? undefined : closedBy(object, held.length);
      const why = said && (meshPod(held, input) ?? outdatedPod(isIts, input));
      if (why === undefined) continue;
      const [id, more] = why;
      const message = `${said} of ${held.length} (${id}) lets none be evicted${more}`;
      yield finding('OR3090', { origin: fieldOf(origin, 'spec'), message });
    }
  },
};

type IsIts = (pod: { readonly namespace: string }, labels: Readonly<Record<string, string>>) => boolean;
type Why = readonly [id: string, more: string];

/** What of a budget lets none of so many pods go; undefined where one may. */
function closedBy(budget: JsonObject, all: number): string | undefined {
  const [least, most] = [fieldAt(budget, 'spec', 'minAvailable'), fieldAt(budget, 'spec', 'maxUnavailable')];
  if (most !== undefined) return countOf(most, all) === 0 ? `maxUnavailable: ${most}` : undefined;
  return least !== undefined && countOf(least, all) >= all ? `minAvailable: ${least}` : undefined;
}

function meshPod(held: MeshLookup['workloads'], { systemNamespace }: AnalysisInput): Why | undefined {
  const isOfMesh = ({ role, namespace, labels }: MeshLookup['workloads'][number]) =>
    role === 'gateway' || (namespace === systemNamespace && labels['app'] === 'outrigger');
  const found = held.find(isOfMesh);
  return found && [found.id, ''];
}

/** One without the proxy that it should have, or with another one. */
function outdatedPod(isIts: IsIts, input: AnalysisInput): Why | undefined {
  const found = objectsOf(input, '', 'Pod').find(
    (pod) =>
      isIts(pod, textMapAt(pod.object, 'metadata', 'labels')) && isRunning(pod) && faultOf(pod, input) !== undefined,
  );
  const why =
    ': it has to be made anew for its proxy, which a drained node will not do; a restart of the workload will';
  return found && [`${found.namespace}/${found.name}`, why];
}

/** As Kubernetes rounds: up. */
function countOf(value: unknown, all: number): number {
  if (typeof value === 'string' && value.endsWith('%')) return Math.ceil((Number(value.slice(0, -1)) / 100) * all);
  return Number(value ?? 0);
}

const discoveryPort = 15_012;

/** Proxies ask the control plane for all that they do. */
export const networkPolicies: Analyzer = {
  name: 'network-policy',
  description: 'NetworkPolicies that keep proxies from the control plane',
  codes: ['OR3091'],
  atAdmission: false,
  *analyze(input) {
    const { workloads } = lookupIn(input);
    const system = labelsOf(input.systemNamespace, input);
    for (const { namespace, object, origin } of subjectObjects(input, 'networking.k8s.io', 'NetworkPolicy')) {
      if (!isOfEgress(object)) continue;
      const pods = workloads.filter(
        (pod) =>
          pod.meshed && pod.namespace === namespace && isSelected(fieldAt(object, 'spec', 'podSelector'), pod.labels),
      );
      const [pod] = pods;
      if (pod === undefined) continue;
      const others = objectsOf(input, 'networking.k8s.io', 'NetworkPolicy').filter(
        (other) =>
          other.namespace === namespace &&
          isOfEgress(other.object) &&
          isSelected(fieldAt(other.object, 'spec', 'podSelector'), pod.labels),
      );
      // What any policy allows is allowed.
      if (others.some((other) => allowsDiscovery(other, system))) continue;
      yield finding('OR3091', {
        origin: fieldOf(origin, 'spec.egress'),
        message: `the proxy of ${pod.id} may not call port ${discoveryPort} of ${input.systemNamespace}`,
      });
    }
  },
};

const isOfEgress = (policy: JsonObject) =>
  textsAt(policy, 'spec', 'policyTypes').includes('Egress') || fieldAt(policy, 'spec', 'egress') !== undefined;

function allowsDiscovery({ object, namespace }: SourceObject, system: Readonly<Record<string, string>>): boolean {
  return objectsAt(object, 'spec', 'egress').some((rule) => {
    const [ports, peers] = [objectsAt(rule, 'ports'), objectsAt(rule, 'to')];
    const byPort =
      ports.length === 0 || ports.some((port) => (textAt(port, 'protocol') || 'TCP') === 'TCP' && holdsPort(port));
    return byPort && (peers.length === 0 || peers.some((peer) => isSystem(peer, namespace, system)));
  });
}

function holdsPort(port: JsonObject): boolean {
  const { port: first, endPort: last } = port;
  if (first === undefined || typeof first === 'string') return true;
  return Number(first) <= discoveryPort && discoveryPort <= Number(last ?? first);
}

/** Addresses are not known, so any block may be that of the control plane. */
function isSystem(peer: JsonObject, namespace: string, system: Readonly<Record<string, string>>): boolean {
  if (peer['ipBlock'] !== undefined) return true;
  const selector = peer['namespaceSelector'];
  return selector === undefined ? namespace === system['kubernetes.io/metadata.name'] : isSelected(selector, system);
}

function labelsOf(name: string, input: AnalysisInput): Readonly<Record<string, string>> {
  const object = objectsOf(input, '', 'Namespace').find((one) => one.name === name)?.object;
  return {
    'kubernetes.io/metadata.name': name,
    ...(object === undefined ? {} : textMapAt(object, 'metadata', 'labels')),
  };
}

/** Selectors of Kubernetes: an empty one is for all, none for nobody. */
function isSelected(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  return isObject(selector) && matchesSelector(selector, labels);
}
