import type { JsonObject } from '../../model/json.ts';
import { fieldOf } from '../../model/origin.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import type { Workload } from '../../model/workload.ts';
import { fieldAt, objectsAt } from '../../registry/json-fields.ts';
import { type AnalysisInput, objectsOf, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { type Finding, finding } from '../finding.ts';
import { lookupIn, type MeshLookup, selectedWorkloads } from '../mesh-lookup.ts';
import { callOf, clientOf, isRoutedElsewhere, servicesOf, speaksHttp, targetOf } from '../service-calls.ts';

/** What the ports of Services say, and what the pods behind them have. */
export const servicePorts: Analyzer = {
  name: 'service.ports',
  description: 'Names of ports of Services, and the ports of pods that they send to',
  codes: ['OR3060', 'OR3061', 'OR3062'],
  atAdmission: false,
  *analyze(input) {
    const lookup = lookupIn(input);
    const declared = declaredPorts(input);
    for (const service of input.snapshot.services) {
      const { origin, namespace, selector, registry } = service;
      if (registry !== 'kubernetes' || selector === undefined || !input.judged(origin)) continue;
      const pods = selectedWorkloads(lookup, namespace, selector);
      if (pods.length === 0) continue;
      for (const [index, port] of service.ports.entries()) {
        const place = fieldOf(origin, `spec.ports[${index}]`);
        // What a gateway speaks at a port, its Gateways say.
        if (port.protocol === 'auto' && pods.some(({ meshed, role }) => meshed && role === 'sidecar'))
          yield finding('OR3060', {
            origin: place,
            message: `port ${port.number} (${port.name || 'without a name'}) names no protocol`,
          });
        yield* targetFault({ service, port, pods, declared }, place, input);
      }
    }
  },
};

interface PortCase {
  readonly service: Service;
  readonly port: ServicePort;
  readonly pods: readonly Workload[];
  readonly declared: ReadonlyMap<string, readonly number[]>;
}

function* targetFault(
  { service, port, pods, declared }: PortCase,
  origin: Service['origin'],
  input: AnalysisInput,
): Generator<Finding> {
  const { targetPort, number } = port;
  const lacking = pods.filter((pod) => targetOf(port, pod) === undefined);
  if (typeof targetPort === 'string') {
    if (lacking.length < pods.length) return;
    const client = clientOf(lookupIn(input), service);
    const request =
      client !== undefined && speaksHttp(port) && !isRoutedElsewhere(service, input)
        ? callOf(client, service, port, { answer: '503', share: 1 })
        : undefined;
    const message = `port ${number} sends to the port named ${targetPort}, which no pod behind it has`;
    yield finding('OR3062', { origin, message, request });
    return;
  }
  // A gateway listens where its Gateways say.
  const apps = pods.filter(({ role }) => role === 'sidecar');
  const known = apps.flatMap(({ id }) => declared.get(id) ?? []);
  // Kubernetes needs no declaration: where there is none at all, nothing is known of where they listen.
  if (known.length === 0 || known.includes(targetPort)) return;
  const list = [...new Set(known)].join(', ');
  const message = `port ${number} sends to port ${targetPort} of the pods, whose containers declare ${list}`;
  yield finding('OR3061', { origin, message });
}

/** Ports of the containers of each pod but of its proxy, by `<namespace>/<name>`. */
function declaredPorts(input: AnalysisInput): ReadonlyMap<string, readonly number[]> {
  return new Map(
    objectsOf(input, '', 'Pod').map(({ namespace, name, object }) => [`${namespace}/${name}`, portsOf(object)]),
  );
}

const portsOf = (pod: JsonObject): number[] =>
  [...objectsAt(pod, 'spec', 'containers'), ...objectsAt(pod, 'spec', 'initContainers')]
    .filter(({ name }) => name !== 'istio-proxy')
    .flatMap((container) => objectsAt(container, 'ports').map((port) => Number(fieldAt(port, 'containerPort'))));

/** `portLevelMtls` counts the ports of the pod. */
export const mtlsPorts: Analyzer = {
  name: 'peer-authentication.ports',
  description: 'Ports of portLevelMtls',
  codes: ['OR3063'],
  atAdmission: true,
  *analyze(input) {
    const lookup = lookupIn(input);
    const declared = declaredPorts(input);
    for (const { spec, namespace, origin } of subjects(input, 'PeerAuthentication')) {
      const pods = selectedWorkloads(lookup, namespace, spec.selector?.matchLabels);
      for (const port of Object.keys(spec.portLevelMtls ?? {}).map(Number)) {
        const ports = pods.flatMap((pod) => portsBehind(pod, lookup));
        const called = ports.filter(({ number }) => number === port);
        const isThere = ports.some(({ target }) => target === port);
        const isDeclared = pods.some(({ id }) => declared.get(id)?.includes(port));
        if (isThere || isDeclared || ports.length === 0) continue;
        const targets = [...new Set(ports.map(({ target }) => target))].join(', ');
        const hint = called.length === 0 ? '' : `; ${port} is a port of the Service`;
        const message = `the pods take calls at ${targets}, not at ${port}${hint}`;
        yield finding('OR3063', { origin: fieldOf(origin, `spec.portLevelMtls["${port}"]`), message });
      }
    }
  },
};

function portsBehind(pod: Workload, lookup: MeshLookup) {
  return servicesOf(lookup, pod).flatMap(({ ports }) =>
    ports.map((port) => ({ number: port.number, target: targetOf(port, pod) ?? port.number })),
  );
}
