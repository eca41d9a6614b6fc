import type { Dice } from './dice.ts';
import { objectOf } from './make-services.ts';
import { apps, headerNames, headerValues, methods, paths } from './vocabulary.ts';
import type { KubernetesObject, World } from './world.ts';

type Json = KubernetesObject['metadata'][string];
type Part = Record<string, Json>;

const local = apps.filter(({ namespace }) => namespace === 'default');

/** A port of the service; mostly one that it has. */
function portOf(dice: Dice, services: World, name: string): number {
  const found = services.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name);
  const { ports = [] } = (found?.['spec'] ?? {}) as { readonly ports?: readonly { readonly port: number }[] };
  return ports.length > 0 && dice.chance(0.95) ? dice.one(ports).port : 80;
}
const backends = (dice: Dice, services: World): Part[] =>
  dice.some(local, 1, 2).map(({ name }) => ({ name, port: portOf(dice, services, name), weight: dice.number(0, 3) }));

/** Routes of a Service in the words of the Gateway API, SMI and Linkerd. */
export function makeDialects(dice: Dice, services: World): KubernetesObject[] {
  return [
    ...dice.times(0, dice.chance(0.3) ? 2 : 0, (index) => httpRoute(dice, index, services)),
    ...dice.times(0, dice.chance(0.15) ? 1 : 0, () => trafficSplit(dice)),
    ...dice.times(0, dice.chance(0.15) ? 1 : 0, () => serviceProfile(dice)),
  ];
}

function httpRoute(dice: Dice, index: number, services: World): KubernetesObject {
  const parent = { group: '', kind: 'Service', name: dice.one(local).name };
  const spec = {
    parentRefs: [{ ...parent, ...dice.maybe(0.3, () => ({ port: portOf(dice, services, parent.name) })) }],
    rules: dice.times(1, 3, () => routeRule(dice, services)),
  };
  return objectOf('gateway.networking.k8s.io/v1', 'HTTPRoute', ['default', `hr-${index}`], { spec });
}

function routeRule(dice: Dice, services: World): Part {
  const filter = dice.one<Part | undefined>([
    undefined,
    undefined,
    {
      type: 'RequestHeaderModifier',
      requestHeaderModifier: { set: [{ name: 'x-a', value: dice.one(headerValues) || '3' }] },
    },
    { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: dice.one(paths) } } },
    { type: 'RequestRedirect', requestRedirect: { hostname: 'other.test', statusCode: 302 } },
  ]);
  const isRedirect = filter?.['type'] === 'RequestRedirect';
  // A rewrite of a prefix wants one that is matched.
  const type = filter?.['type'] === 'URLRewrite' ? 'PathPrefix' : dice.one(['Exact', 'PathPrefix', 'PathPrefix']);
  const match = {
    path: { type, value: dice.one(paths) },
    ...dice.maybe(0.3, () => ({ method: dice.one(methods) })),
    ...dice.maybe(0.3, () => ({ headers: [{ name: dice.one(headerNames), value: dice.one(['1', '2', 'Ab']) }] })),
    ...dice.maybe(0.2, () => ({ queryParams: [{ name: 'q', value: dice.one(['1', '12']) }] })),
  };
  return {
    matches: [match],
    ...(filter === undefined ? {} : { filters: [filter] }),
    ...(isRedirect ? {} : { backendRefs: backends(dice, services) }),
  };
}

function trafficSplit(dice: Dice): KubernetesObject {
  const spec = {
    service: dice.one(local).name,
    backends: dice.some(local, 1, 2).map(({ name }) => ({ service: name, weight: dice.number(1, 3) })),
  };
  return objectOf('split.smi-spec.io/v1alpha2', 'TrafficSplit', ['default', 'split'], { spec });
}

function serviceProfile(dice: Dice): KubernetesObject {
  const target = dice.one(local).name;
  const condition = (): Part => ({
    pathRegex: dice.one(['/a', '/a/.*', '/.*', '/b/c/d']),
    ...dice.maybe(0.4, () => ({ method: dice.one(methods) })),
  });
  const spec = {
    routes: dice.times(0, 2, (index) => ({
      name: `r-${index}`,
      condition: condition(),
      ...dice.maybe(0.5, () => ({ isRetryable: true })),
    })),
    ...dice.maybe(0.6, () => ({
      dstOverrides: local.map(({ name }) => ({
        authority: `${name}.default.svc.cluster.local:80`,
        weight: `${dice.number(1, 3)}`,
      })),
    })),
  };
  return objectOf('linkerd.io/v1alpha2', 'ServiceProfile', ['default', `${target}.default.svc.cluster.local`], {
    spec,
  });
}
