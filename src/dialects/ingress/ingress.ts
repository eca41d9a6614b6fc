import type { JsonObject } from '../../model/json.ts';
import { objectsAt, textAt, textsAt } from '../../model/json-fields.ts';
import { fieldOf } from '../../model/origin.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { DialectRule, Tell } from '../dialect.ts';
import type { Status } from '../gateway-api/statuses.ts';
import { fieldProblem, istioObject, reachedRules, usableRules } from '../istio-objects.ts';
import { annotationOf, type World } from '../world.ts';

const classes = ['outrigger', 'istio'];
const controllers = ['outrigger.io/ingress-controller', 'istio.io/ingress-controller'];
/** The Gateway of Istio's for plain HTTP, which all Ingresses share: each host is there once. */
const shared = { namespace: 'istio-system', name: 'http.ingress' };
const selector = { istio: 'ingressgateway' };

interface PathRule extends DialectRule {
  /** Exact paths are tried first, then longer ones. */
  readonly exact: boolean;
  readonly length: number;
}

interface HostPaths {
  readonly rules: PathRule[];
  /** Gateways of Istio's where it is served. */
  readonly gateways: Set<string>;
}

/**
 * Ingresses of our class, for the pods labelled `istio: ingressgateway`
 * (https://kubernetes.io/docs/concepts/services-networking/ingress/). Rules of one host go together, whatever Ingress they are of.
 */
export function readIngresses(world: World, tell: Tell): readonly SourceObject[] {
  const ours = world.of('Ingress').filter((source) => isOurs(source, world));
  const [oldest] = ours;
  if (oldest === undefined) return [];
  const hosts = new Map<string, HostPaths>();
  const gateways = ours.flatMap((source) => readIngress(source, { hosts, world, tell }));
  const http = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*/*'] };
  const spec = { selector, servers: [http] };
  const plain = istioObject({ kind: 'Gateway', ...shared, spec, origin: oldest.origin });
  return [plain, ...gateways, ...[...hosts].flatMap(([host, paths]) => virtualService(host, paths, tell))];
}

/** The addresses of the gateway's Services, as Ingresses repeat them; none while there are none. */
export function ingressStatuses(world: World): readonly Status[] {
  const status = { loadBalancer: { ingress: gatewayAddresses(world) } };
  return world
    .of('Ingress')
    .filter((source) => isOurs(source, world))
    .map((source) => ({ source, status }));
}

/** `{ip}` or `{hostname}` as Kubernetes has them in a Service of type LoadBalancer. */
function gatewayAddresses(world: World): JsonObject[] {
  return world
    .of('Service')
    .filter(({ object }) => textAt(object, 'spec', 'selector', 'istio') === selector.istio)
    .flatMap(({ object }) => objectsAt(object, 'status', 'loadBalancer', 'ingress'))
    .map(({ ip, hostname }) => ({
      ...(ip === undefined ? {} : { ip }),
      ...(hostname === undefined ? {} : { hostname }),
    }));
}

/** By the older annotation, or by class; a class of ours that is the default takes those that say nothing. */
function isOurs(source: SourceObject, world: World): boolean {
  const old = annotationOf(source, 'kubernetes.io/ingress.class');
  if (old !== '') return classes.includes(old);
  const name = textAt(source.object, 'spec', 'ingressClassName');
  const found = world.find('IngressClass', '', name);
  if (found !== undefined) return isOurClass(found);
  if (name !== '') return classes.includes(name);
  return world
    .of('IngressClass')
    .some(
      (entry) => isOurClass(entry) && annotationOf(entry, 'ingressclass.kubernetes.io/is-default-class') === 'true',
    );
}

const isOurClass = ({ object }: SourceObject) => controllers.includes(textAt(object, 'spec', 'controller'));

interface Reader {
  readonly hosts: Map<string, HostPaths>;
  readonly world: World;
  readonly tell: Tell;
}

/** The Gateway of its TLS, where it has any. */
function readIngress(source: SourceObject, reader: Reader): SourceObject[] {
  const { object, namespace, name, origin } = source;
  const servers = objectsAt(object, 'spec', 'tls').flatMap((tls, index) => serverOf(tls, index, source, reader.tell));
  const secure = `${name}.ingress`;
  const fallback = (object['spec'] as JsonObject | undefined)?.['defaultBackend'];
  if (fallback !== undefined) addPath('*', { backend: fallback }, 'spec.defaultBackend', source, reader);
  for (const [index, rule] of objectsAt(object, 'spec', 'rules').entries()) {
    const host = textAt(rule, 'host').toLowerCase() || '*';
    for (const [place, path] of objectsAt(rule, 'http', 'paths').entries())
      addPath(host, path, `spec.rules[${index}].http.paths[${place}]`, source, reader);
    if (servers.length > 0) reader.hosts.get(host)?.gateways.add(`${namespace}/${secure}`);
  }
  if (servers.length > 0 && fallback !== undefined) reader.hosts.get('*')?.gateways.add(`${namespace}/${secure}`);
  if (servers.length === 0) return [];
  return [istioObject({ kind: 'Gateway', namespace, name: secure, spec: { selector, servers }, origin })];
}

/** The Secret is one of the namespace of the gateway's pods, as Istio has it. */
function serverOf(tls: JsonObject, index: number, { origin }: SourceObject, tell: Tell): JsonObject[] {
  const secret = textAt(tls, 'secretName');
  const hosts = textsAt(tls, 'hosts').map((host) => `*/${host.toLowerCase()}`);
  if (secret === '') {
    tell(
      fieldProblem(
        'OR2573',
        origin,
        `spec.tls[${index}].secretName`,
        'it must be given: nothing listens for these hosts',
      ),
    );
    return [];
  }
  const port = { number: 443, name: `https-${index}`, protocol: 'HTTPS' };
  return [{ port, hosts: hosts.length === 0 ? ['*/*'] : hosts, tls: { mode: 'SIMPLE', credentialName: secret } }];
}

function addPath(host: string, path: JsonObject, field: string, source: SourceObject, reader: Reader): void {
  const destination = destinationOf(path, field, source, reader);
  if (destination === undefined) return;
  const known = reader.hosts.get(host) ?? { rules: [], gateways: new Set([`${shared.namespace}/${shared.name}`]) };
  reader.hosts.set(host, known);
  const value = textAt(path, 'path');
  const origin = fieldOf(source.origin, field);
  const name = `${source.namespace}.${source.name}`;
  const type = textAt(path, 'pathType');
  const exact = type === 'Exact' || (type !== 'Prefix' && !value.endsWith('.*') && value.length > 1);
  for (const uri of urisOf(type, value)) {
    const match: JsonObject = uri === undefined ? {} : { match: [{ uri }] };
    const rule = { name, ...match, route: [{ destination }] };
    known.rules.push({ rule, origin, exact, length: value.length });
  }
}

/** A prefix stands for whole segments. What is left to us is a prefix where it ends in `.*` and exact otherwise, as in Istio. */
function urisOf(type: string, value: string): readonly (JsonObject | undefined)[] {
  if (type === 'Exact') return [{ exact: value }];
  if (type !== 'Prefix' && value !== '' && value !== '/')
    return value.endsWith('.*') ? [{ prefix: value.slice(0, -2) || '/' }] : [{ exact: value }];
  const prefix = value.replace(/\/+$/, '');
  return prefix === '' ? [undefined] : [{ exact: prefix }, { prefix: `${prefix}/` }];
}

function destinationOf(
  path: JsonObject,
  field: string,
  { namespace, origin }: SourceObject,
  { world, tell }: Reader,
): JsonObject | undefined {
  const name = textAt(path, 'backend', 'service', 'name');
  const place = `${field}.backend`;
  if (name === '') {
    tell(fieldProblem('OR2570', origin, place, 'only a Service can be a backend: the path is left out'));
    return undefined;
  }
  const given = ((path['backend'] as JsonObject)['service'] as JsonObject)['port'] as JsonObject | undefined;
  const port = world
    .ports(namespace, name)
    .find(
      (entry) =>
        entry['port'] === given?.['number'] || (given?.['name'] !== undefined && entry['name'] === given['name']),
    );
  if (port === undefined)
    tell(
      fieldProblem('OR2574', origin, place, `there is no such port of a Service ${namespace}/${name}: requests fail`),
    );
  const number = port?.['port'] ?? given?.['number'];
  return { host: world.hostOf(name, namespace), ...(typeof number === 'number' ? { port: { number } } : {}) };
}

function virtualService(host: string, { rules, gateways }: HostPaths, tell: Tell): SourceObject[] {
  const inOrder = rules
    .map((rule, index) => ({ rule, index }))
    .sort((a, b) => Number(b.rule.exact) - Number(a.rule.exact) || b.rule.length - a.rule.length || a.index - b.index)
    .map(({ rule }) => rule);
  const used = reachedRules(usableRules(inOrder, tell));
  const [first] = used;
  if (first === undefined) return [];
  const { field: _, ...origin } = first.origin;
  const spec: JsonObject = { hosts: [host], gateways: [...gateways], http: used.map(({ rule }) => rule) };
  const ruleOrigins = used.map((rule) => rule.origin);
  return [
    istioObject({
      kind: 'VirtualService',
      namespace: shared.namespace,
      name: `ingress~${host}`,
      spec,
      origin,
      ruleOrigins,
    }),
  ];
}
