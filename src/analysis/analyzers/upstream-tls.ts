import type { Endpoint } from '../../model/endpoint.ts';
import { type Origin, printOrigin } from '../../model/origin.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import type { Workload } from '../../model/workload.ts';
import { hasLabels } from '../../policy/client.ts';
import { effectivePolicy } from '../../policy/destination-rule/effective.ts';
import type { MergedRule } from '../../policy/destination-rule/merge.ts';
import { indexPeerAuthentications, type PeerAuthenticationIndex } from '../../policy/peer-authentication/mode.ts';
import type { DestinationRule } from '../../schema/kinds.ts';
import { type AnalysisInput, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { type Finding, finding } from '../finding.ts';
import { lookupIn, type MeshLookup, ruleFor } from '../mesh-lookup.ts';
import { callOf, clientOf, isRoutedElsewhere, isRoutedTo, plainSubset, speaksHttp } from '../service-calls.ts';

interface Around {
  readonly input: AnalysisInput;
  readonly modes: PeerAuthenticationIndex;
}

interface Fault {
  readonly found: Finding;
  /** The PeerAuthentication that says what is taken. */
  readonly policy: Origin | undefined;
}

interface Call {
  readonly service: Service;
  readonly port: ServicePort;
  readonly client: Workload;
  readonly rule: MergedRule;
  /** '' is the service as a whole. */
  readonly subset: string;
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
    if (judged.size === 0) return;
    for (const call of callsByRule(input, lookup)) {
      const isJudged = call.rule.origins.some((origin) => judged.has(origin));
      for (const { found, policy } of faultOf(call, { input, modes }))
        if (isJudged || (policy !== undefined && judged.has(policy))) yield found;
    }
  },
};

/** Calls that a DestinationRule decides on, one for each port of a service. */
function* callsByRule(input: AnalysisInput, lookup: MeshLookup): Generator<Call> {
  if (input.snapshot.destinationRules.every(({ spec }) => !hasPolicy(spec))) return;
  for (const service of input.snapshot.services) {
    const endpoints = input.snapshot.endpoints.get(service.id) ?? [];
    if (service.external || endpoints.length === 0) continue;
    // Where nobody else can call it, a pod that is behind it may still call itself, by way of its proxy.
    const behind = new Set(endpoints.map(({ workload }) => workload));
    const client = clientOf(lookup, service, behind) ?? clientOf(lookup, service);
    const rule = client === undefined ? undefined : ruleFor(lookup, service, client);
    if (client === undefined || rule === undefined) continue;
    for (const port of service.ports) {
      const behind = endpoints.filter(({ servicePort }) => servicePort === port.name);
      yield* callsOfPort({ service, port, client, rule, subset: '', endpoints: behind }, input);
    }
  }
}

/** The service as a whole, and each subset that is secured in another way and used. */
function* callsOfPort(whole: Call, input: AnalysisInput): Generator<Call> {
  yield whole;
  for (const { name: subset, labels } of securedApart(whole.rule, whole.port)) {
    const endpoints = whole.endpoints.filter((endpoint) => hasLabels(endpoint.labels, labels));
    if (isRoutedTo(whole.service, subset, input)) yield { ...whole, subset, endpoints };
  }
}

const hasPolicy = ({ trafficPolicy, subsets = [] }: DestinationRule['spec']): boolean =>
  trafficPolicy !== undefined || subsets.some((subset) => subset.trafficPolicy !== undefined);

function securedApart(rule: MergedRule, port: ServicePort) {
  const whole = effectivePolicy(rule, '', port.number).tls;
  return rule.subsets.filter(({ name }) => effectivePolicy(rule, name, port.number).tls?.mode !== whole?.mode);
}

function* faultOf(call: Call, { input, modes }: Around): Generator<Fault> {
  const { service, port, client, rule, subset, endpoints } = call;
  const { tls } = effectivePolicy(rule, subset, port.number);
  const mode = tls?.mode ?? 'DISABLE';
  const [origin] = rule.origins;
  if (tls === undefined || origin === undefined || endpoints.length === 0) return;
  const taken = plainSubset(service, input);
  // Every call goes to a subset: nothing is called as the whole says.
  if (subset === '' && taken !== undefined && taken !== '') return;
  const named = `${service.hostname}:${port.number}${subset === '' ? '' : ` (subset ${subset})`}`;
  const refuses = endpoints.filter((endpoint) => {
    const inbound = inboundMode(endpoint, input, modes);
    return mode === 'ISTIO_MUTUAL' ? inbound === 'disable' : inbound === 'strict';
  });
  const [first] = refuses;
  if (first === undefined) return;
  const share = refuses.length / endpoints.length;
  const isShown = speaksHttp(port) && taken === subset && !isRoutedElsewhere(service, input);
  const request = isShown ? callOf(client, service, port, { answer: '503', share }) : undefined;
  const pods = refuses.map(({ workload, address }) => workload || address).join(', ');
  const message =
    mode === 'ISTIO_MUTUAL'
      ? `${named} is called by mutual TLS, which ${pods} cannot take: ${whyNot(first, input, modes)}`
      : `${named} is called ${mode === 'DISABLE' ? 'in plain text' : `by TLS of ${mode}`}, and ${pods} take mutual TLS of the mesh alone`;
  const found = finding(mode === 'ISTIO_MUTUAL' ? 'OR3050' : 'OR3051', { origin, message, request });
  yield { found, policy: policyOf(first, input, modes) };
}

function inboundMode(endpoint: Endpoint, { snapshot }: AnalysisInput, modes: PeerAuthenticationIndex) {
  if (!endpoint.meshed) return 'disable';
  const workload = snapshot.workloads.get(endpoint.workload);
  if (workload === undefined) return 'permissive';
  const { mode, ports } = modes.forWorkload(workload.namespace, workload.labels);
  return ports.get(endpoint.port) ?? mode;
}

function policyOf(endpoint: Endpoint, { snapshot }: AnalysisInput, modes: PeerAuthenticationIndex) {
  const workload = snapshot.workloads.get(endpoint.workload);
  return workload === undefined ? undefined : modes.forWorkload(workload.namespace, workload.labels).origin;
}

function whyNot(endpoint: Endpoint, input: AnalysisInput, modes: PeerAuthenticationIndex): string {
  if (!endpoint.meshed) return 'no proxy takes it there';
  const origin = policyOf(endpoint, input, modes);
  return origin === undefined ? 'it is disabled there' : `${printOrigin(origin)} disables it`;
}
