import type { Json, JsonObject } from '../../model/json.ts';
import { objectsAt, textAt } from '../../model/json-fields.ts';
import { fieldOf } from '../../model/origin.ts';
import { apiGateway } from '../../schema/dialect-kinds.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { DialectRule, HostRules, Tell } from '../dialect.ts';
import { fieldProblem, istioObject, problemOf, reachedRules, usableRules } from '../istio-objects.ts';
import { byAge, type World } from '../world.ts';
import {
  type ApiGateway,
  covers,
  isOurClass,
  isOurController,
  type Listener,
  readGateways,
  sharedHosts,
} from './listeners.ts';
import { byWeight } from './matches.ts';
import { backendOf } from './references.ts';
import { gatewayGroup, routeRules, type WeighedRule } from './route-rules.ts';
import { condition, type Status } from './statuses.ts';

/** What Gateway API says: rules of sidecars by host, objects for gateways, and what becomes of each object. */
export interface GatewayApi {
  readonly hosts: readonly HostRules[];
  readonly objects: readonly SourceObject[];
  readonly statuses: readonly Status[];
}

interface Ranked extends WeighedRule {
  readonly source: SourceObject;
}

interface Gathered {
  readonly world: World;
  readonly tell: Tell;
  readonly gateways: readonly ApiGateway[];
  /** HTTP rules by listener and host. */
  readonly served: Map<Listener, Map<string, Ranked[]>>;
  /** Rules of sidecars by host and whom they are for. */
  readonly mesh: Map<
    string,
    { readonly host: string; readonly namespace: string; readonly consumer: boolean; readonly rules: Ranked[] }
  >;
  readonly objects: SourceObject[];
  readonly statuses: Status[];
  readonly attached: Map<Listener, number>;
}

/** https://gateway-api.sigs.k8s.io/: routes on Gateways, and on Services, where they are for sidecars. */
export function readGatewayApi(world: World, tell: Tell): GatewayApi {
  const gateways = readGateways(world, tell);
  const gathered: Gathered = {
    ...{ world, tell, gateways, served: new Map(), mesh: new Map() },
    ...{ objects: [], statuses: [], attached: new Map() },
  };
  for (const source of [...world.of('HTTPRoute'), ...world.of('GRPCRoute')].sort(byAge)) attachRoute(source, gathered);
  for (const source of [...world.of('TLSRoute'), ...world.of('TCPRoute')]) attachRoute(source, gathered);
  for (const { listeners } of gateways)
    for (const { made } of listeners) if (made !== undefined) gathered.objects.push(made);
  for (const [listener, hosts] of gathered.served) gathered.objects.push(...servedObjects(listener, hosts, tell));
  gathered.statuses.push(...gatewayStatuses(gathered));
  return { hosts: [...gathered.mesh.values()].map(hostOf), objects: gathered.objects, statuses: gathered.statuses };
}

type Failure = { readonly reason: string; readonly message: string } | undefined;

interface Attachment {
  readonly failed: Failure;
  readonly unresolved: Failure;
  readonly controller: string;
}

function attachRoute(source: SourceObject, gathered: Gathered): void {
  const parents = objectsAt(source.object, 'spec', 'parentRefs');
  const told = parents.flatMap((parent, index) => {
    const attachment = attach(source, parent, gathered);
    if (attachment === undefined) return [];
    if (attachment.failed !== undefined)
      gathered.tell({
        severity: 'warning',
        code: 'OR2575',
        message: attachment.failed.message,
        origin: fieldOf(source.origin, `spec.parentRefs[${index}]`),
      });
    const conditions = [
      condition(source, 'Accepted', attachment.failed),
      condition(source, 'ResolvedRefs', attachment.unresolved),
    ];
    return [{ parentRef: parent, controllerName: attachment.controller, conditions }];
  });
  if (told.length > 0 || hasOurParents(source)) gathered.statuses.push({ source, status: { parents: told } });
}

const ours = 'outrigger.io/gateway-controller';

/** An entry of ours that nothing asks for any more has to go. */
function hasOurParents({ object }: SourceObject): boolean {
  return objectsAt(object, 'status', 'parents').some(({ controllerName }) => isOurController(String(controllerName)));
}

/** Undefined where the parent is a matter of somebody else. */
function attach(source: SourceObject, parent: JsonObject, gathered: Gathered): Attachment | undefined {
  const group = typeof parent['group'] === 'string' ? parent['group'] : gatewayGroup;
  const kind = textAt(parent, 'kind') || 'Gateway';
  const namespace = textAt(parent, 'namespace') || source.namespace;
  const name = textAt(parent, 'name');
  if (kind === 'Service' && (group === '' || group === 'core'))
    return attachToService(source, parent, { name, namespace }, gathered);
  if (group !== gatewayGroup || kind !== 'Gateway') {
    const message = `a ${kind} cannot be a parent: name a Gateway or a Service`;
    return { failed: { reason: 'InvalidKind', message }, unresolved: undefined, controller: ours };
  }
  const gateway = gathered.gateways.find((entry) => entry.source.namespace === namespace && entry.source.name === name);
  if (gateway !== undefined) return attachToGateway(source, parent, gateway, gathered);
  if (gathered.world.find(apiGateway, namespace, name) !== undefined) return undefined;
  const failed = { reason: 'NoMatchingParent', message: `there is no Gateway ${namespace}/${name}` };
  return { failed, unresolved: undefined, controller: ours };
}

function attachToGateway(
  source: SourceObject,
  parent: JsonObject,
  gateway: ApiGateway,
  gathered: Gathered,
): Attachment {
  const { controller } = gateway;
  const section = textAt(parent, 'sectionName');
  const fail = (reason: string, message: string): Attachment => ({
    failed: { reason, message },
    unresolved: undefined,
    controller,
  });
  const named = gateway.listeners.filter(
    (listener) =>
      (section === '' || listener.name === section) &&
      (parent['port'] === undefined || parent['port'] === listener.port),
  );
  if (named.length === 0) return fail('NoMatchingParent', 'the Gateway has no such listener');
  const allowed = named.filter(({ kinds, allows }) => kinds.includes(source.kind) && allows(source.namespace));
  if (allowed.length === 0)
    return fail('NotAllowedByListeners', `no listener allows a ${source.kind} of ${source.namespace}`);
  const shared = allowed
    .map((listener) => ({
      listener,
      hosts: source.kind === 'TCPRoute' ? ['*'] : sharedHosts(listener.hostname, source.object),
    }))
    .filter(({ hosts }) => hosts.length > 0);
  if (shared.length === 0) return fail('NoMatchingListenerHostname', 'no listener has one of its hostnames');
  let unresolved: Failure;
  for (const { listener, hosts } of shared) {
    gathered.attached.set(listener, (gathered.attached.get(listener) ?? 0) + 1);
    const missing = serve(source, listener, hosts, gathered);
    unresolved ??= missing;
  }
  return { failed: undefined, unresolved, controller };
}

function serve(source: SourceObject, listener: Listener, hosts: readonly string[], gathered: Gathered): Failure {
  const { world, tell, served } = gathered;
  if (source.kind === 'TLSRoute' || source.kind === 'TCPRoute')
    return serveConnections(source, listener, hosts, gathered);
  const listening = { port: listener.port, scheme: listener.protocol === 'HTTPS' ? 'https' : 'http' } as const;
  const { rules, unresolved } = routeRules(source, world, tell, listening);
  const byHost = served.get(listener) ?? new Map<string, Ranked[]>();
  served.set(listener, byHost);
  for (const host of hosts)
    byHost.set(host, [...(byHost.get(host) ?? []), ...rules.map((rule) => ({ ...rule, source }))]);
  return unresolved;
}

/** Rules of a narrower host are tried first, then those of the hosts that take it in. */
function servedObjects(listener: Listener, byHost: ReadonlyMap<string, Ranked[]>, tell: Tell): SourceObject[] {
  const { made, gateway } = listener;
  if (made === undefined) return [];
  const usable = new Map([...byHost].map(([host, rules]) => [host, usableRules(inOrder(rules), tell)]));
  return [...usable].flatMap(([host, own]) => {
    const wider = [...usable].filter(([other]) => covers(other, host)).sort(([a], [b]) => b.length - a.length);
    const rules = reachedRules([...own, ...wider.flatMap(([, others]) => others)]);
    if (rules.length === 0) return [];
    const spec: JsonObject = {
      hosts: [host],
      gateways: [`${made.namespace}/${made.name}`],
      http: rules.map(({ rule }) => rule),
    };
    const [first] = rules;
    return istioObject({
      ...{ kind: 'VirtualService', namespace: gateway.namespace, name: `${made.name}~${host}`, spec },
      ...{ origin: { ...(first as DialectRule).origin }, ruleOrigins: rules.map(({ origin }) => origin) },
    });
  });
}

/** By how narrow they are; of equal ones the older route, then the first rule: https://gateway-api.sigs.k8s.io HTTPRouteRule */
function inOrder(rules: readonly Ranked[]): readonly Ranked[] {
  return rules
    .map((rule, index) => ({ rule, index }))
    .sort((a, b) => byWeight(a.rule.weight, b.rule.weight) || byAge(a.rule.source, b.rule.source) || a.index - b.index)
    .map(({ rule }) => rule);
}

function serveConnections(
  source: SourceObject,
  listener: Listener,
  hosts: readonly string[],
  gathered: Gathered,
): Failure {
  const { world, tell, objects } = gathered;
  const from = { group: gatewayGroup, kind: source.kind, namespace: source.namespace };
  let unresolved: Failure;
  const rules = objectsAt(source.object, 'spec', 'rules').flatMap((rule, index) => {
    const route = objectsAt(rule, 'backendRefs').flatMap((reference, place): JsonObject[] => {
      const backend = backendOf(reference, from, world);
      const weight = typeof reference['weight'] === 'number' ? reference['weight'] : 1;
      if ('destination' in backend) return [{ destination: backend.destination, weight }];
      unresolved ??= backend;
      tell(fieldProblem('OR2574', source.origin, `spec.rules[${index}].backendRefs[${place}]`, backend.message));
      return [];
    });
    return route.length === 0 ? [] : [route];
  });
  const [route, ...more] = rules;
  if (more.length > 0)
    tell(fieldProblem('OR2570', source.origin, 'spec.rules[1]', 'only the first rule of such a route can have effect'));
  const { made } = listener;
  if (route === undefined || made === undefined) return unresolved;
  const gateways = [`${made.namespace}/${made.name}`];
  const tls: Json = [{ match: [{ sniHosts: [...hosts] }], route }];
  const spec: JsonObject = {
    hosts: [...hosts],
    gateways,
    ...(source.kind === 'TLSRoute' ? { tls } : { tcp: [{ route }] }),
  };
  const problem = problemOf(spec);
  if (problem === undefined)
    objects.push(
      istioObject({
        kind: 'VirtualService',
        namespace: made.namespace,
        name: `${made.name}~${source.namespace}.${source.name}`,
        spec,
        origin: source.origin,
      }),
    );
  else tell({ severity: 'error', code: 'OR2573', message: problem, origin: source.origin });
  return unresolved;
}

interface ServiceName {
  readonly name: string;
  readonly namespace: string;
}

/** Of the namespace of the Service it is for all clients, else for those of its own namespace. */
function attachToService(
  source: SourceObject,
  parent: JsonObject,
  { name, namespace }: ServiceName,
  gathered: Gathered,
): Attachment {
  const { world, tell, mesh } = gathered;
  const fail = (reason: string, message: string): Attachment => ({
    failed: { reason, message },
    unresolved: undefined,
    controller: ours,
  });
  if (source.kind !== 'HTTPRoute' && source.kind !== 'GRPCRoute')
    return fail('InvalidKind', `a ${source.kind} has no effect on a Service: give it a Gateway`);
  if (world.find('Service', namespace, name) === undefined)
    return fail('NoMatchingParent', `there is no Service ${namespace}/${name}`);
  const section = textAt(parent, 'sectionName');
  const port = world
    .ports(namespace, name)
    .find((entry) => (section === '' ? entry['port'] === parent['port'] : entry['name'] === section));
  const named = section !== '' || parent['port'] !== undefined;
  if (named && port === undefined) return fail('NoMatchingParent', `Service ${namespace}/${name} has no such port`);
  if (hasHostnames(source))
    tell(
      fieldProblem(
        'OR2570',
        source.origin,
        'spec.hostnames',
        'hostnames have no effect on a Service, whose own names count',
      ),
    );
  const { rules, unresolved } = routeRules(source, world, tell, undefined);
  const consumer = source.namespace !== namespace;
  const host = world.hostOf(name, namespace);
  const key = consumer ? `${host} ${source.namespace}` : host;
  const entry = mesh.get(key) ?? { host, consumer, namespace: source.namespace, rules: [] };
  mesh.set(key, entry);
  entry.rules.push(...rules.map((rule) => ({ ...rule, rule: onPort(rule.rule, port?.['port']), source })));
  return { failed: undefined, unresolved, controller: ours };
}

const hasHostnames = ({ object }: SourceObject) => {
  const { hostnames } = (object['spec'] ?? {}) as JsonObject;
  return Array.isArray(hostnames) && hostnames.length > 0;
};

function onPort(rule: JsonObject, port: Json | undefined): JsonObject {
  if (typeof port !== 'number') return rule;
  const matches = objectsAt(rule, 'match');
  return { ...rule, match: matches.length === 0 ? [{ port }] : matches.map((match) => ({ ...match, port })) };
}

function hostOf({
  host,
  namespace,
  consumer,
  rules,
}: {
  host: string;
  namespace: string;
  consumer: boolean;
  rules: Ranked[];
}): HostRules {
  const sources = new Map(
    rules.map(({ source }) => [`${source.kind} ${source.namespace}/${source.name}`, source.origin]),
  );
  return {
    host,
    namespace,
    rank: consumer ? 'consumer-route' : 'producer-route',
    rules: inOrder(rules),
    origins: [...sources.values()],
  };
}

function gatewayStatuses({ world, gateways, attached }: Gathered): Status[] {
  const ofClasses = world
    .of('GatewayClass')
    .filter(isOurClass)
    .map((source) => ({ source, status: { conditions: [condition(source, 'Accepted', undefined)] } }));
  const ofGateways = gateways.map(({ source, listeners }) => {
    const broken = listeners.find(({ made }) => made === undefined);
    const reason = { reason: 'ListenersNotValid', message: `the listener ${broken?.name} cannot be used` };
    const conditions = [
      condition(source, 'Accepted', undefined),
      condition(source, 'Programmed', broken === undefined ? undefined : { ...reason, reason: 'Invalid' }),
    ];
    const shown = listeners.map((listener) => ({
      name: listener.name,
      supportedKinds: listener.kinds.map((kind) => ({ group: gatewayGroup, kind })),
      attachedRoutes: attached.get(listener) ?? 0,
      conditions: [
        condition(source, 'Accepted', undefined),
        condition(
          source,
          'Programmed',
          listener.made === undefined ? { reason: 'Invalid', message: 'it cannot be used' } : undefined,
        ),
        condition(source, 'ResolvedRefs', listener.unresolved),
      ],
    }));
    return { source, status: { conditions, listeners: shown } };
  });
  return [...ofClasses, ...ofGateways];
}
