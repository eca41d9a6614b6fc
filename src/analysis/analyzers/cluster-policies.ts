import type { JsonObject } from '../../model/json.ts';
import { isObject } from '../../model/json.ts';
import { matchesSelector } from '../../model/label-selector.ts';
import { fieldOf } from '../../model/origin.ts';
import { fieldAt, objectsAt, textAt, textMapAt, textsAt } from '../../registry/json-fields.ts';
import type { SourceObject } from '../../source/object-source.ts';
import { type AnalysisInput, objectsOf, subjectObjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { finding } from '../finding.ts';
import { lookupIn } from '../mesh-lookup.ts';

/** Pods of the control plane and of gateways have to be able to move. */
export const disruptionBudgets: Analyzer = {
  name: 'pod-disruption-budget',
  description: 'PodDisruptionBudgets that let no pod of the control plane or of a gateway be evicted',
  codes: ['OR3090'],
  atAdmission: false,
  *analyze(input) {
    const pods = lookupIn(input).workloads.filter(
      ({ role, namespace, labels }) =>
        role === 'gateway' || (namespace === input.systemNamespace && labels['app'] === 'outrigger'),
    );
    for (const { namespace, object, origin } of subjectObjects(input, 'policy', 'PodDisruptionBudget')) {
      const held = pods.filter(
        (pod) => pod.namespace === namespace && isSelected(fieldAt(object, 'spec', 'selector'), pod.labels),
      );
      if (held.length === 0) continue;
      const [least, most] = [fieldAt(object, 'spec', 'minAvailable'), fieldAt(object, 'spec', 'maxUnavailable')];
      const isClosed =
        most === undefined ? countOf(least, held.length) >= held.length : countOf(most, held.length) === 0;
      const said = most === undefined ? `minAvailable: ${least}` : `maxUnavailable: ${most}`;
      if (isClosed && (least ?? most) !== undefined)
        yield finding('OR3090', {
          origin: fieldOf(origin, 'spec'),
          message: `${said} of ${held.length} (${held[0]?.id}) lets none be evicted`,
        });
    }
  },
};

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
