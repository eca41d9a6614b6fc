import type { Dice } from './dice.ts';
import { objectOf } from './make-services.ts';
import { headerNames, methods, paths, serverPorts } from './vocabulary.ts';
import type { KubernetesObject } from './world.ts';

type Json = KubernetesObject['metadata'][string];
type Part = Record<string, Json>;

const security = 'security.istio.io/v1';
const mode = (dice: Dice) => ({ mode: dice.one(['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET']) });

/** Of the mesh, of the namespace, of the workload. */
export function makePeerAuthentications(dice: Dice): KubernetesObject[] {
  const places = [
    ['istio-system', false],
    ['default', false],
    ['default', true],
  ] as const;
  return places.flatMap(([namespace, own], index) => {
    if (!dice.chance(0.25)) return [];
    const spec = {
      mtls: mode(dice),
      ...(own ? { selector: { matchLabels: { app: 'caller' } } } : {}),
      ...(own && dice.chance(0.5) ? { portLevelMtls: { [String(dice.one(serverPorts))]: mode(dice) } } : {}),
    };
    return [objectOf(security, 'PeerAuthentication', [namespace, `pa-${index}`], { spec })];
  });
}

/** A field, or what it must not be. */
function either(dice: Dice, name: string, values: readonly string[]): Part {
  const not = `not${name[0]?.toUpperCase()}${name.slice(1)}`;
  return { [dice.chance(0.25) ? not : name]: dice.some(values, 1, 2) };
}

const source = (dice: Dice): Part => ({
  ...dice.maybe(0.5, () =>
    either(dice, 'principals', ['cluster.local/ns/default/sa/client', 'cluster.local/ns/default/*', '*/sa/c', '*']),
  ),
  ...dice.maybe(0.3, () => either(dice, 'namespaces', ['default', 'shop', 'sh*'])),
  ...dice.maybe(0.3, () => either(dice, 'ipBlocks', ['10.240.0.0/24', '10.240.0.0/16', '172.20.9.9'])),
  ...dice.maybe(0.15, () => either(dice, 'remoteIpBlocks', ['10.240.0.0/16', '192.168.0.0/16'])),
});

const operation = (dice: Dice): Part => ({
  ...dice.maybe(0.5, () => either(dice, 'paths', [...paths, '/a*', '*b', '*', '/{*}/b', '/a/{**}'])),
  ...dice.maybe(0.3, () => either(dice, 'methods', [...methods, 'P*'])),
  ...dice.maybe(0.2, () => either(dice, 'hosts', ['caller.default.svc.cluster.local', 'caller*', '*.test', 'caller'])),
  ...dice.maybe(0.3, () => either(dice, 'ports', serverPorts.map(String))),
});

const conditions = (dice: Dice): Json[] =>
  dice.some<Part>(
    [
      { key: `request.headers[${dice.one(headerNames)}]`, ...valuesOr(dice, ['1', '1*', '*']) },
      { key: 'source.ip', ...valuesOr(dice, ['10.240.0.0/24']) },
      { key: 'source.namespace', ...valuesOr(dice, ['default', 'shop']) },
      { key: 'source.principal', ...valuesOr(dice, ['cluster.local/ns/default/sa/client']) },
      { key: 'destination.port', ...valuesOr(dice, serverPorts.map(String)) },
      { key: 'destination.ip', ...valuesOr(dice, ['10.30.0.1', '10.30.0.0/24']) },
      { key: 'connection.sni', ...valuesOr(dice, ['named.test', '*.test']) },
    ],
    1,
    2,
  );

const valuesOr = (dice: Dice, values: readonly string[]): Part => ({
  [dice.chance(0.25) ? 'notValues' : 'values']: dice.some(values, 1, 2),
});

function rule(dice: Dice): Part {
  const filled = (make: (dice: Dice) => Part) =>
    dice.times(1, 2, () => make(dice)).filter((part) => Object.keys(part).length > 0);
  const from = filled(source).map((part) => ({ source: part }));
  const to = filled(operation).map((part) => ({ operation: part }));
  return {
    ...(from.length > 0 && dice.chance(0.6) ? { from } : {}),
    ...(to.length > 0 && dice.chance(0.6) ? { to } : {}),
    ...dice.maybe(0.3, () => ({ when: conditions(dice) })),
  };
}

/** Of the callers, of their namespace, of the mesh, and of the gateway. */
export function makeAuthorizationPolicies(dice: Dice): KubernetesObject[] {
  const places: readonly (readonly [string, Part])[] = [
    ['default', { selector: { matchLabels: { app: 'caller' } } }],
    ['default', { selector: { matchLabels: { app: 'caller' } } }],
    ['default', {}],
    ['istio-system', { selector: { matchLabels: { app: 'gw' } } }],
    ['istio-system', {}],
  ];
  return dice.times(0, 3, (index) => {
    const [namespace, selector] = dice.one(places);
    const spec = {
      ...selector,
      // No rule at all is nothing but ALLOW's: nobody.
      ...(dice.chance(0.05)
        ? { action: 'ALLOW' }
        : {
            action: dice.one(['ALLOW', 'ALLOW', 'DENY', 'DENY', 'AUDIT']),
            rules: dice.times(1, 2, () => rule(dice)),
          }),
    };
    return objectOf(security, 'AuthorizationPolicy', [namespace, `ap-${index}`], { spec });
  });
}
