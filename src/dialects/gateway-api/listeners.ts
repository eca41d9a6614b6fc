import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { fieldAt, objectsAt, textAt, textMapAt, textsAt } from '../../model/json-fields.ts';
import { matchesSelector } from '../../model/label-selector.ts';
import { apiGateway, gatewayControllers } from '../../schema/dialect-kinds.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { Tell } from '../dialect.ts';
import { fieldProblem, istioObject } from '../istio-objects.ts';
import type { World } from '../world.ts';
import { mayRefer } from './references.ts';
import { gatewayGroup } from './route-rules.ts';

/** Classes that need not be there as objects. */
const classes = ['outrigger', 'istio'];

export interface Listener {
  readonly gateway: SourceObject;
  readonly name: string;
  readonly port: number;
  readonly protocol: 'HTTP' | 'HTTPS' | 'TLS' | 'TCP';
  /** `*` is any. */
  readonly hostname: string;
  /** The Gateway of Istio's that stands for it; undefined while it cannot be used. */
  readonly made: SourceObject | undefined;
  /** Kinds of routes that it takes. */
  readonly kinds: readonly string[];
  readonly allows: (namespace: string) => boolean;
  /** Why its certificate is not to be had. */
  readonly unresolved: { readonly reason: string; readonly message: string } | undefined;
}

export interface ApiGateway {
  readonly source: SourceObject;
  readonly controller: string;
  readonly listeners: readonly Listener[];
}

/** The Gateways of classes of ours: https://gateway-api.sigs.k8s.io/reference/spec/ Gateway */
export function readGateways(world: World, tell: Tell): readonly ApiGateway[] {
  return world.of(apiGateway).flatMap((source) => {
    const controller = controllerOf(source, world);
    if (controller === undefined) return [];
    const selector = selectorOf(source, world, tell);
    const listeners = objectsAt(source.object, 'spec', 'listeners').map((listener, index) =>
      readListener(listener, index, { source, world, tell, selector }),
    );
    return [{ source, controller, listeners }];
  });
}

export const isOurController = (name: string): boolean => gatewayControllers.includes(name);

export function isOurClass({ object }: SourceObject): boolean {
  return gatewayControllers.includes(textAt(object, 'spec', 'controllerName'));
}

function controllerOf({ object }: SourceObject, world: World): string | undefined {
  const name = textAt(object, 'spec', 'gatewayClassName');
  const found = world.find('GatewayClass', '', name);
  if (found === undefined) return classes.includes(name) ? gatewayControllers[0] : undefined;
  return isOurClass(found) ? textAt(found.object, 'spec', 'controllerName') : undefined;
}

/**
 * Pods that serve a Gateway: those behind the Service that `spec.addresses` names, as for Istio's manual deployment; without
 * an address those of the ingress gateway that is installed.
 */
function selectorOf({ object, namespace, origin }: SourceObject, world: World, tell: Tell): JsonObject | undefined {
  const [address] = objectsAt(object, 'spec', 'addresses');
  if (address === undefined) return { istio: 'ingressgateway' };
  const value = textAt(address, 'value');
  const host = value.includes('.') ? value : world.hostOf(value, namespace);
  const service = world.serviceOf(host);
  const found = service === undefined ? undefined : world.find('Service', service.namespace, service.name);
  const selector = found === undefined ? {} : textMapAt(found.object, 'spec', 'selector');
  if (textAt(address, 'type') === 'Hostname' && Object.keys(selector).length > 0) return selector;
  const message =
    'the first address must be of type Hostname and name the Service of a gateway, like istio-ingressgateway.istio-system.svc.cluster.local';
  tell(fieldProblem('OR2573', origin, 'spec.addresses[0]', message));
  return undefined;
}

interface Around {
  readonly source: SourceObject;
  readonly world: World;
  readonly tell: Tell;
  readonly selector: JsonObject | undefined;
}

const routeKinds = {
  HTTP: ['HTTPRoute', 'GRPCRoute'],
  HTTPS: ['HTTPRoute', 'GRPCRoute'],
  TLS: ['TLSRoute'],
  TCP: ['TCPRoute'],
} as const;

function readListener(listener: JsonObject, index: number, around: Around): Listener {
  const { source, tell, selector } = around;
  const field = `spec.listeners[${index}]`;
  const name = textAt(listener, 'name');
  const given = textAt(listener, 'protocol');
  const hostname = textAt(listener, 'hostname').toLowerCase() || '*';
  const port = Number(listener['port']);
  const known = Object.hasOwn(routeKinds, given);
  if (!known)
    tell(
      fieldProblem(
        'OR2570',
        source.origin,
        `${field}.protocol`,
        `${given} is not listened for: HTTP, HTTPS, TLS and TCP are`,
      ),
    );
  const protocol = known ? (given as Listener['protocol']) : 'TCP';
  const tls = protocol === 'HTTPS' || protocol === 'TLS' ? tlsOf(listener, field, around) : { tls: undefined };
  const unresolved = 'reason' in tls ? tls : undefined;
  const usable = known && selector !== undefined && unresolved === undefined;
  const spec = {
    selector: selector ?? {},
    servers: [
      {
        port: { number: port, name, protocol },
        hosts: [`*/${hostname}`],
        ...('tls' in tls && tls.tls !== undefined ? { tls: tls.tls } : {}),
      },
    ],
  };
  const made = usable
    ? istioObject({
        kind: 'Gateway',
        namespace: source.namespace,
        name: `${source.name}.${name}.gateway-api`,
        spec,
        origin: source.origin,
      })
    : undefined;
  return {
    gateway: source,
    name,
    port,
    protocol,
    hostname,
    made,
    unresolved,
    kinds: kindsOf(listener, known ? routeKinds[protocol] : []),
    allows: allowedBy(listener, around),
  };
}

function kindsOf(listener: JsonObject, all: readonly string[]): readonly string[] {
  const given = objectsAt(listener, 'allowedRoutes', 'kinds').map((kind) => textAt(kind, 'kind'));
  return given.length === 0 ? all : all.filter((kind) => given.includes(kind));
}

/** `Same`, the default, `All`, or namespaces by their labels. */
function allowedBy(listener: JsonObject, { source, world }: Around): (namespace: string) => boolean {
  const from = textAt(listener, 'allowedRoutes', 'namespaces', 'from') || 'Same';
  if (from === 'All') return () => true;
  if (from !== 'Selector') return (namespace) => from === 'Same' && namespace === source.namespace;
  const selector = fieldAt(listener, 'allowedRoutes', 'namespaces', 'selector');
  if (!isObject(selector)) return () => false;
  return (namespace) => matchesSelector(selector, world.namespaceLabels(namespace));
}

type Tls = { readonly tls: JsonObject } | { readonly reason: string; readonly message: string };

function tlsOf(listener: JsonObject, field: string, { source, world, tell }: Around): Tls {
  const mode = textAt(listener, 'tls', 'mode') || 'Terminate';
  if (mode === 'Passthrough') return { tls: { mode: 'PASSTHROUGH' } };
  const failed = (reason: string, message: string): Tls => {
    tell(fieldProblem('OR2574', source.origin, `${field}.tls`, message));
    return { reason, message };
  };
  for (const name of Object.keys(fieldAt(listener, 'tls') ?? {}))
    if (!['mode', 'certificateRefs'].includes(name))
      return failed('InvalidParameters', `tls.${name} is not known: nothing is listened for`);
  const names: string[] = [];
  for (const reference of objectsAt(listener, 'tls', 'certificateRefs')) {
    const name = secretOf(reference, source, world);
    if (typeof name !== 'string') return failed(name.reason, name.message);
    names.push(name);
  }
  if (names.length === 0) return failed('InvalidCertificateRef', 'certificateRefs must name a Secret');
  return {
    tls: {
      mode: 'SIMPLE',
      ...(names.length === 1 ? { credentialName: names[0] as string } : { credentialNames: names }),
    },
  };
}

/** `<namespace>/<name>`: gateways are given Secrets of their own namespace alone, and none under a name of another. */
function secretOf(
  reference: JsonObject,
  { namespace }: SourceObject,
  world: World,
): string | { readonly reason: string; readonly message: string } {
  const [group, kind] = [textAt(reference, 'group'), textAt(reference, 'kind') || 'Secret'];
  const to = { group, kind, name: textAt(reference, 'name'), namespace: textAt(reference, 'namespace') || namespace };
  if (group !== '' || kind !== 'Secret')
    return { reason: 'InvalidCertificateRef', message: `only a Secret can be a certificate, not a ${kind}` };
  if (mayRefer({ group: gatewayGroup, kind: 'Gateway', namespace }, to, world)) return `${to.namespace}/${to.name}`;
  return {
    reason: 'RefNotPermitted',
    message: `no ReferenceGrant of ${to.namespace} lets a Gateway of ${namespace} name its Secret ${to.name}`,
  };
}

/** Hosts that a listener and a route have in common; a route without hosts is for all of the listener. */
export function sharedHosts(listener: string, route: Json): readonly string[] {
  const hosts = textsAt(route, 'spec', 'hostnames').map((host) => host.toLowerCase());
  if (hosts.length === 0) return [listener];
  return [
    ...new Set(
      hosts.flatMap((host) => {
        if (host === listener || covers(listener, host)) return [host];
        return covers(host, listener) ? [listener] : [];
      }),
    ),
  ];
}

export function covers(pattern: string, host: string): boolean {
  return (
    pattern.startsWith('*') && pattern !== host && host.length > pattern.length - 1 && host.endsWith(pattern.slice(1))
  );
}
