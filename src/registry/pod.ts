import type { JsonObject } from '../model/json.ts';
import { networkLabel } from '../model/network.ts';
import { canonicalRevision, canonicalService } from '../model/pod-owner.ts';
import type { Workload } from '../model/workload.ts';
import { keptAnnotations } from '../source/kept-annotations.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { Reading } from './input.ts';
import { fieldAt, isPort, objectsAt, textAt, textMapAt } from './json-fields.ts';
import { workloadNameOf } from './pod-owner.ts';

/** A pod but for the place of its node, and what endpoints need to know of it besides. */
export interface PodRecord {
  readonly workload: Omit<Workload, 'locality'>;
  readonly ready: boolean;
  readonly terminating: boolean;
}

/** Pods that finished are no workloads: their addresses may be another's by now. */
export function readPod({ namespace, name, object, origin }: SourceObject): Reading<PodRecord> {
  const phase = textAt(object, 'status', 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') return { value: undefined, problems: [] };
  const labels = textMapAt(object, 'metadata', 'labels');
  const annotations = keptAnnotations(textMapAt(object, 'metadata', 'annotations'));
  const workloadName = workloadNameOf(object, labels);
  const meshed = containersOf(object).some((container) => container.name === 'istio-proxy');
  const { generation: _generation, ...place } = origin;
  const workload: PodRecord['workload'] = {
    ...{ id: `${namespace}/${name}`, namespace, name, uid: textAt(object, 'metadata', 'uid') },
    ...{ ips: ipsOf(object), labels, annotations, workloadName, meshed, metadata: metadataOf(object) },
    serviceAccount: textAt(object, 'spec', 'serviceAccountName') || 'default',
    nodeName: textAt(object, 'spec', 'nodeName'),
    network: labels[networkLabel] ?? '',
    canonicalService: canonicalService(labels, workloadName),
    canonicalRevision: canonicalRevision(labels),
    role: isGateway(object, labels, annotations) ? 'gateway' : 'sidecar',
    namedPorts: namedPortsOf(object),
    statusPort: meshed ? statusPortOf(annotations) : 0,
    origin: place,
  };
  const terminating = textAt(object, 'metadata', 'deletionTimestamp') !== '';
  return { value: { workload, ready: isReady(object), terminating }, problems: [] };
}

/** Native sidecars stand among the init containers. */
function containersOf(pod: JsonObject): JsonObject[] {
  return [...objectsAt(pod, 'spec', 'containers'), ...objectsAt(pod, 'spec', 'initContainers')];
}

const saidPrefix = 'ISTIO_META_';

/** The last value of a variable counts, as for the kubelet. */
function metadataOf(pod: JsonObject): Record<string, string> {
  const proxy = containersOf(pod).find(({ name }) => name === 'istio-proxy');
  const said = objectsAt(proxy, 'env')
    .map((variable) => [textAt(variable, 'name'), textAt(variable, 'value')] as const)
    .filter(([name, value]) => name.startsWith(saidPrefix) && value !== '');
  return Object.fromEntries(said.map(([name, value]) => [name.slice(saidPrefix.length), value]));
}

function ipsOf(pod: JsonObject): string[] {
  const listed = objectsAt(pod, 'status', 'podIPs').map((item) => textAt(item, 'ip'));
  return [...new Set([textAt(pod, 'status', 'podIP'), ...listed])].filter((ip) => ip !== '');
}

/** A pod of a file says nothing of its state: what has an address is then taken for ready. */
function isReady(pod: JsonObject): boolean {
  const condition = objectsAt(pod, 'status', 'conditions').find((item) => item.type === 'Ready');
  return condition === undefined ? true : condition.status === 'True';
}

/**
 * Injected by the template `gateway`, or, for pods that other tools made, by the labels of Istio's charts. Rules that
 * feed the proxy speak against it.
 */
function isGateway(
  pod: JsonObject,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): boolean {
  const templates = (annotations['inject.istio.io/templates'] ?? '').split(',').map((template) => template.trim());
  if (templates.includes('gateway')) return true;
  const labelled = labels.istio === 'ingressgateway' || labels.istio === 'egressgateway';
  const names = containersOf(pod).map((container) => container.name);
  return labelled && names.includes('istio-proxy') && !names.includes('istio-init');
}

function namedPortsOf(pod: JsonObject): Record<string, number> {
  const named: [string, number][] = [];
  for (const container of containersOf(pod)) {
    for (const port of objectsAt(container, 'ports')) {
      const number = fieldAt(port, 'containerPort');
      if (isPort(number) && textAt(port, 'name') !== '') named.push([textAt(port, 'name'), number]);
    }
  }
  // The first of a name counts, as for the endpoints controller.
  return Object.fromEntries(named.reverse());
}

function statusPortOf(annotations: Readonly<Record<string, string>>): number {
  const given = annotations['status.sidecar.istio.io/port'] ?? '';
  const number = Number(given);
  return /^\d+$/.test(given) && number < 65_536 ? number : 15_020;
}
