import { fieldOf } from '../../model/origin.ts';
import type { Service } from '../../model/service.ts';
import { hasLabels } from '../../policy/client.ts';
import { resolveHost } from '../../policy/hosts.ts';
import type { Destination } from '../../schema/common/destination.ts';
import { type AnalysisInput, type ConfigOf, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { type Finding, finding } from '../finding.ts';
import type { FindingCode } from '../finding-catalogue.ts';
import { gatewayScenes } from '../gateway-scenes.ts';
import { lookupIn, type MeshLookup, namespaceOf, ruleFor, selectedWorkloads, serviceFor } from '../mesh-lookup.ts';
import { meshScenes, requestToRule } from '../route-scenes.ts';

type VirtualService = ConfigOf<'VirtualService'>;

interface Named {
  readonly destination: Destination;
  /** `spec.http[0].route[1].destination` */
  readonly field: string;
  /** `spec.http[0]`; undefined where no request can be told that gets there. */
  readonly rule: string | undefined;
  /** Of the requests of its rule. */
  readonly share: number;
}

/** Where the routes of VirtualServices lead. */
export const destinations: Analyzer = {
  name: 'virtual-service.destinations',
  description: 'Hosts, subsets and ports that VirtualServices send traffic to',
  codes: ['OR3001', 'OR3003', 'OR3004', 'OR3005'],
  atAdmission: true,
  *analyze(input) {
    const lookup = lookupIn(input);
    for (const config of subjects(input, 'VirtualService')) yield* judge(config, { input, lookup });
  },
};

interface Around {
  readonly input: AnalysisInput;
  readonly lookup: MeshLookup;
}

interface Fault {
  readonly code: FindingCode;
  readonly message: string;
  /** Of the destination. */
  readonly part: 'host' | 'port' | 'subset';
}

/** For so many different faults of a resource a request is looked for. */
const mostRequests = 20;

/** What is wrong in many places of a resource is told of the first. */
function* judge(config: VirtualService, around: Around): Generator<Finding> {
  const places = destinationsOf(config).flatMap((named) =>
    faultsOf(named.destination, config, around).map((fault) => ({ named, fault })),
  );
  const groups = [...Map.groupBy(places, ({ fault }) => `${fault.code} ${fault.message}`).values()];
  for (const [index, group] of groups.entries()) {
    const [first] = group;
    if (first === undefined) continue;
    const { fault, named } = first;
    const origin = fieldOf(config.origin, `${named.field}.${fault.part}`);
    const more = group.length === 1 ? '' : ` (and in ${group.length - 1} more places)`;
    const request = index < mostRequests ? requestOf(named, config, around) : undefined;
    yield finding(fault.code, { origin, message: `${fault.message}${more}`, request });
  }
}

function faultsOf(destination: Destination, config: VirtualService, around: Around): readonly Fault[] {
  const { input, lookup } = around;
  const host = resolveHost(destination.host, config.namespace, lookup.settings.domainSuffix);
  const service = serviceFor(lookup, host, config.namespace);
  if (service === undefined) {
    const message = `there is no host ${host} that ${config.namespace} sees`;
    const isKnown = input.knows('Service', namespaceOf(host, lookup) ?? config.namespace);
    return isKnown ? [{ code: 'OR3001', message, part: 'host' }] : [];
  }
  const wrongPort = portProblem(destination, service, config, around);
  const subset = subsetFault(destination, service, config, around);
  return [
    ...(wrongPort === undefined ? [] : [{ code: 'OR3005', message: wrongPort, part: 'port' } as const]),
    ...(subset === undefined ? [] : [subset]),
  ];
}

function subsetFault(
  { subset: name }: Destination,
  service: Service,
  { namespace }: VirtualService,
  around: Around,
): Fault | undefined {
  if (name === undefined) return undefined;
  const rule = ruleFor(around.lookup, service, { namespace, labels: {} });
  const subset = rule?.subsets.find((known) => known.name === name);
  const { hostname } = service;
  if (subset === undefined) {
    if (!around.input.knows('DestinationRule', namespace)) return undefined;
    const names = (rule?.subsets ?? []).map((known) => known.name).join(', ');
    const known = rule === undefined ? 'it has no DestinationRule' : `there are ${names === '' ? 'none' : names}`;
    return { code: 'OR3003', message: `${hostname} has no subset ${name}; ${known}`, part: 'subset' };
  }
  if (!isEmptySubset(service, subset.labels ?? {}, around)) return undefined;
  const labels = Object.entries(subset.labels ?? {}).map(([label, value]) => `${label}=${value}`);
  const message = `no pod behind ${hostname} has ${labels.join(', ')} (subset ${name})`;
  return { code: 'OR3004', message, part: 'subset' };
}

function requestOf({ rule, share }: Named, config: VirtualService, { input, lookup }: Around) {
  if (rule === undefined || !input.showsRequests) return undefined;
  const around = { snapshot: input.snapshot, lookup };
  const outcome = { answer: '503', share };
  return (
    requestToRule(meshScenes(config, around), rule, outcome) ??
    requestToRule(gatewayScenes(config, around), rule, outcome)
  );
}

function portProblem(
  { port }: Destination,
  service: Service,
  config: VirtualService,
  { lookup }: Around,
): string | undefined {
  const numbers = service.ports.map(({ number }) => number);
  const has = numbers.length === 0 ? 'no ports' : `${numbers.length === 1 ? 'port' : 'ports'} ${numbers.join(', ')}`;
  if (port !== undefined)
    return numbers.includes(port.number) || service.aliasOf !== undefined
      ? undefined
      : `${service.hostname} has no port ${port.number}; it has ${has}`;
  if (numbers.length < 2 || !holdsInMesh(config)) return undefined;
  const { domainSuffix } = lookup.settings;
  const called = (config.spec.hosts ?? []).flatMap(
    (host) => serviceFor(lookup, resolveHost(host, config.namespace, domainSuffix), config.namespace)?.ports ?? [],
  );
  const missing = called.find(({ number }) => !numbers.includes(number));
  return missing === undefined
    ? undefined
    : `the rule names no port, and ${service.hostname} has ${has}, not the ${missing.number} that is called`;
}

const holdsInMesh = ({ spec: { gateways = [] } }: VirtualService) => gateways.length === 0 || gateways.includes('mesh');

/** Only of Services whose pods are known: what else is behind a host is not for us to say. */
function isEmptySubset(service: Service, labels: Readonly<Record<string, string>>, { input, lookup }: Around): boolean {
  if (Object.keys(labels).length === 0 || service.registry !== 'kubernetes' || service.selector === undefined)
    return false;
  if (!input.knows('Pod', service.namespace)) return false;
  const endpoints = input.snapshot.endpoints.get(service.id) ?? [];
  if (endpoints.some((endpoint) => hasLabels(endpoint.labels, labels))) return false;
  const pods = selectedWorkloads(lookup, service.namespace, service.selector);
  return !pods.some((pod) => hasLabels(pod.labels, labels));
}

/** Of traffic that is sent; a mirror has no answer that anybody sees. */
function destinationsOf({ spec }: VirtualService): readonly Named[] {
  const http = (spec.http ?? []).flatMap((rule, index): Named[] => {
    const place = `spec.http[${index}]`;
    const { route = [], mirror, mirrors = [] } = rule;
    const faulty = rule.fault !== undefined || rule.redirect !== undefined || rule.directResponse !== undefined;
    const shown = faulty ? undefined : place;
    return [
      ...routed(route, place, shown),
      ...(mirror === undefined ? [] : [{ destination: mirror, field: `${place}.mirror`, rule: undefined, share: 1 }]),
      ...mirrors.map(({ destination }, at) => ({
        ...{ destination, field: `${place}.mirrors[${at}].destination`, rule: undefined, share: 1 },
      })),
    ];
  });
  const others = (['tls', 'tcp'] as const).flatMap((kind) =>
    (spec[kind] ?? []).flatMap(({ route = [] }, index) => routed(route, `spec.${kind}[${index}]`, undefined)),
  );
  return [...http, ...others];
}

interface Weighted {
  readonly destination: Destination;
  readonly weight?: number;
}

/** Those with a share; a lone one has all. */
function routed(route: readonly Weighted[], place: string, rule: string | undefined): Named[] {
  const total = route.reduce((sum, { weight = 0 }) => sum + weight, 0);
  return route.flatMap(({ destination, weight = 0 }, index) => {
    const share = route.length === 1 ? 1 : weight / Math.max(total, 1);
    return share === 0 ? [] : [{ destination, field: `${place}.route[${index}].destination`, rule, share }];
  });
}
