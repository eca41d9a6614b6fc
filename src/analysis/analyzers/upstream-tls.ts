import type { Endpoint } from '../../model/endpoint.ts';
import { printOrigin } from '../../model/origin.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import type { Workload } from '../../model/workload.ts';
import { effectivePolicy } from '../../policy/destination-rule/effective.ts';
import type { MergedRule } from '../../policy/destination-rule/merge.ts';
import { indexPeerAuthentications, type PeerAuthenticationIndex } from '../../policy/peer-authentication/mode.ts';
import { type AnalysisInput, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { type Finding, finding } from '../finding.ts';
import { lookupIn, type MeshLookup, ruleFor } from '../mesh-lookup.ts';
import { callOf, clientOf, speaksHttp } from '../service-calls.ts';

interface Around {
  readonly input: AnalysisInput;
  readonly lookup: MeshLookup;
  readonly modes: PeerAuthenticationIndex;
}

interface Call {
  readonly service: Service;
  readonly port: ServicePort;
  readonly client: Workload;
  readonly rule: MergedRule;
  readonly endpoints: readonly Endpoint[];
}

/** How DestinationRules secure calls, and what the pods that are called take. */
export const upstreamTls: Analyzer = {
  name: 'destination-rule.tls',
  description: 'Mutual TLS to pods that cannot speak it, and other calls of pods that take nothing else',
  codes: ['OR3050', 'OR3051'],
  atAdmission: true,
  *analyze(input) {
    const lookup = lookupIn(input);
    const { rootNamespaces } = input.settings;
    const modes = indexPeerAuthentications(input.snapshot.peerAuthentications, rootNamespaces);
    const judged = new Set([
      ...subjects(input, 'DestinationRule').map(({ origin }) => origin),
      ...subjects(input, 'PeerAuthentication').map(({ origin }) => origin),
    ]);
    for (const call of callsByRule(input, lookup)) {
      for (const found of faultOf(call, { input, lookup, modes }))
        if (call.rule.origins.some((origin) => judged.has(origin))) yield found;
    }
  },
};

/** Calls that a DestinationRule with `tls` decides on, one for each port of a service. */
function* callsByRule(input: AnalysisInput, lookup: MeshLookup): Generator<Call> {
  for (const service of input.snapshot.services) {
    const endpoints = input.snapshot.endpoints.get(service.id) ?? [];
    if (service.external || endpoints.length === 0) continue;
    const client = clientOf(lookup, service, new Set(endpoints.map(({ workload }) => workload)));
    const rule = client === undefined ? undefined : ruleFor(lookup, service, client);
    if (client === undefined || rule === undefined) continue;
    for (const port of service.ports) {
      const behind = endpoints.filter(({ servicePort }) => servicePort === port.name);
      yield { service, port, client, rule, endpoints: behind };
    }
  }
}

function* faultOf(call: Call, { input, modes }: Around): Generator<Finding> {
  const { service, port, client, rule, endpoints } = call;
  const mode = effectivePolicy(rule, '', port.number).tls?.mode;
  const [origin] = rule.origins;
  if (mode === undefined || origin === undefined || endpoints.length === 0) return;
  const named = `${service.hostname}:${port.number}`;
  const refuses = endpoints.filter((endpoint) => {
    const inbound = inboundMode(endpoint, input, modes);
    return mode === 'ISTIO_MUTUAL' ? inbound === 'disable' : inbound === 'strict';
  });
  const [first] = refuses;
  if (first === undefined) return;
  const share = refuses.length / endpoints.length;
  const request = speaksHttp(port) ? callOf(client, service, port, { answer: '503', share }) : undefined;
  const pods = refuses.map(({ workload }) => workload).join(', ');
  const message =
    mode === 'ISTIO_MUTUAL'
      ? `${named} is called by mutual TLS, which ${pods} cannot take: ${whyNot(first, input, modes)}`
      : `${named} is called ${mode === 'DISABLE' ? 'in plain text' : `by TLS of ${mode}`}, and ${pods} take mutual TLS of the mesh alone`;
  yield finding(mode === 'ISTIO_MUTUAL' ? 'OR3050' : 'OR3051', { origin, message, request });
}

function inboundMode(endpoint: Endpoint, { snapshot }: AnalysisInput, modes: PeerAuthenticationIndex) {
  if (!endpoint.meshed) return 'disable';
  const workload = snapshot.workloads.get(endpoint.workload);
  if (workload === undefined) return 'permissive';
  const { mode, ports } = modes.forWorkload(workload.namespace, workload.labels);
  return ports.get(endpoint.port) ?? mode;
}

function whyNot(endpoint: Endpoint, { snapshot }: AnalysisInput, modes: PeerAuthenticationIndex): string {
  const workload = snapshot.workloads.get(endpoint.workload);
  if (!endpoint.meshed || workload === undefined) return 'no proxy takes it there';
  const { origin } = modes.forWorkload(workload.namespace, workload.labels);
  return origin === undefined ? 'it is disabled there' : `${printOrigin(origin)} disables it`;
}
