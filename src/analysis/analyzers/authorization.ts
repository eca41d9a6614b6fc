import { fieldOf } from '../../model/origin.ts';
import { Remembered } from '../../model/remembered.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import type { Workload } from '../../model/workload.ts';
import { holdsFor, isEnforced } from '../../policy/authorization/select.ts';
import { hasLabels } from '../../policy/client.ts';
import { indexPeerAuthentications, type PeerAuthenticationIndex } from '../../policy/peer-authentication/mode.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import { type AnalysisInput, type ConfigOf, configsOf, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { asksForHttp, asksForIdentity, asksForToken, type Rule } from '../authorization-asks.ts';
import { type Finding, finding } from '../finding.ts';
import type { FindingCode } from '../finding-catalogue.ts';
import { lookupIn } from '../mesh-lookup.ts';
import { callOf, clientOf, isRoutedElsewhere, servicesOf, speaksHttp, targetOf } from '../service-calls.ts';

type Policy = ConfigOf<'AuthorizationPolicy'>;

/** What a policy asks for, and whether the pods that it is for can know it. */
export const authorization: Analyzer = {
  name: 'authorization-policy.attributes',
  description: 'Policies that ask for HTTP, an identity or a token where there is none',
  codes: ['OR3070', 'OR3071', 'OR3072'],
  atAdmission: true,
  *analyze(input) {
    for (const policy of subjects(input, 'AuthorizationPolicy')) {
      const { action = 'ALLOW' } = policy.spec;
      const wide = action === 'DENY' && isEnforced(policy) ? tooWide(policy, input) : undefined;
      if (wide !== undefined) yield wide;
      if (action !== 'ALLOW' || !isEnforced(policy)) continue;
      for (const kind of kinds) {
        const first = firstFault(policy, kind, input);
        if (first !== undefined) yield first;
      }
    }
  },
};

interface Kind {
  readonly code: FindingCode;
  readonly answer: string;
  readonly asks: (rule: Rule) => boolean;
  /** Whether what is asked for cannot be known at a port of a pod. */
  readonly isMissing: (at: Place, input: AnalysisInput) => boolean;
  readonly message: (at: Place) => string;
}

interface Place {
  readonly pod: Workload;
  readonly service: Service;
  readonly port: ServicePort;
}

const remembered = new Remembered<Snapshot['peerAuthentications'], PeerAuthenticationIndex>(1);

function modesOf(policies: Snapshot['peerAuthentications'], roots: readonly string[]): PeerAuthenticationIndex {
  return remembered.get(policies, [...roots], () => indexPeerAuthentications(policies, roots));
}

const where = ({ service, port }: Place) => `${service.hostname}:${port.number}`;

const ofHttp: Kind = {
  code: 'OR3070',
  answer: 'reset',
  asks: asksForHttp,
  isMissing: ({ port }) => !speaksHttp(port) && port.protocol !== 'auto' && port.protocol !== 'udp',
  message: (at) =>
    `${where(at)} speaks ${at.port.protocol}: no connection has what the rule asks for, and none is let in`,
};

const kinds: readonly Kind[] = [
  ofHttp,
  {
    code: 'OR3071',
    answer: '403',
    asks: asksForIdentity,
    isMissing: ({ pod, port, service }, { snapshot, settings }) => {
      const modes = modesOf(snapshot.peerAuthentications, settings.rootNamespaces);
      const { mode, ports } = modes.forWorkload(pod.namespace, pod.labels);
      return (
        speaksHttp(port) && service.ports.includes(port) && (ports.get(targetOf(port, pod) ?? 0) ?? mode) === 'disable'
      );
    },
    message: (at) => `${where(at)} takes no mutual TLS, so nobody is known there, and nobody is let in`,
  },
  {
    code: 'OR3072',
    answer: '403',
    asks: asksForToken,
    isMissing: ({ pod, port }, { snapshot, settings }) =>
      speaksHttp(port) &&
      !snapshot.requestAuthentications.some(
        ({ namespace, spec }) =>
          (namespace === pod.namespace || settings.rootNamespaces.includes(namespace)) &&
          hasLabels(pod.labels, spec.selector?.matchLabels),
      ),
    message: (at) => `no token is checked at ${where(at)}, so no request has a principal, and none is let in`,
  },
];

function firstFault(policy: Policy, kind: Kind, input: AnalysisInput): Finding | undefined {
  const rules = (policy.spec.rules ?? []).map((rule, index) => ({ rule, index })).filter(({ rule }) => kind.asks(rule));
  if (rules.length === 0) return undefined;
  const missing = placesOf(policy, input).filter((place) => kind.isMissing(place, input));
  for (const { rule, index } of missing.length === 0 ? [] : rules) {
    const place = missing.find((one) => isMeant(rule, one));
    if (place === undefined) continue;
    return finding(kind.code, {
      origin: fieldOf(policy.origin, `spec.rules[${index}]`),
      message: kind.message(place),
      request: isOtherwiseClosed(place, kind, input) ? requestOf(place, kind, input) : undefined,
    });
  }
  return undefined;
}

/** A rule of DENY goes on without what it asks of requests, as in Istio: nothing else left, it refuses every connection. */
function tooWide(policy: Policy, input: AnalysisInput): Finding | undefined {
  const rules = (policy.spec.rules ?? [])
    .map((rule, index) => ({ rule, index }))
    .filter(({ rule }) => asksForHttp(rule));
  const places = rules.length === 0 ? [] : placesOf(policy, input).filter((place) => ofHttp.isMissing(place, input));
  for (const { rule, index } of rules) {
    const place = places.find((one) => isMeant(rule, one));
    if (place === undefined) continue;
    const isAll = rule.from === undefined && (rule.when ?? []).every(({ key }) => key.startsWith('request.'));
    return finding('OR3070', {
      origin: fieldOf(policy.origin, `spec.rules[${index}]`),
      message: `${where(place)} speaks ${place.port.protocol}: the rule is for ${isAll ? 'every connection' : 'connections'} there, without what it asks of requests`,
      request: isAll ? requestOf(place, ofHttp, input) : undefined,
    });
  }
  return undefined;
}

function placesOf(policy: Policy, input: AnalysisInput): readonly Place[] {
  const lookup = lookupIn(input);
  return lookup.workloads
    .filter((pod) => pod.meshed && pod.role === 'sidecar' && holds(policy, pod, input))
    .flatMap((pod) =>
      servicesOf(lookup, pod).flatMap((service) => service.ports.map((port) => ({ pod, service, port }))),
    );
}

/** Rules name the ports of pods. */
function isMeant({ to = [] }: Rule, { pod, port }: Place): boolean {
  const ports = to.flatMap(({ operation }) => operation?.ports ?? []);
  return ports.length === 0 || ports.includes(String(targetOf(port, pod)));
}

function holds(policy: Policy, { namespace, labels }: Workload, { settings }: AnalysisInput): boolean {
  const { rootNamespaces, trustDomain, trustDomainAliases } = settings;
  const trustDomains = [trustDomain, ...trustDomainAliases];
  return holdsFor(policy, { namespace, labels, rootNamespaces, trustDomains });
}

/** No rule of another permission could let the request in. */
function isOtherwiseClosed({ pod }: Place, { asks }: Kind, input: AnalysisInput): boolean {
  return configsOf(input.snapshot, 'AuthorizationPolicy')
    .filter((policy) => (policy.spec.action ?? 'ALLOW') === 'ALLOW' && isEnforced(policy) && holds(policy, pod, input))
    .every(({ spec }) => (spec.rules ?? []).every((rule) => asks(rule)));
}

function requestOf({ service, port, pod }: Place, { answer }: Kind, input: AnalysisInput) {
  const client = clientOf(lookupIn(input), service, new Set([pod.id]));
  return client === undefined || isRoutedElsewhere(service, input)
    ? undefined
    : callOf(client, service, port, { answer, share: 1 });
}
