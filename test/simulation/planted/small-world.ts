import type { Call } from '../simulator/call.ts';
import { Dice } from '../world/dice.ts';
import { type Placed, podIps } from '../world/make-calls.ts';
import { makePods, objectOf } from '../world/make-services.ts';
import { identities, methods, paths, queries } from '../world/vocabulary.ts';
import type { KubernetesObject } from '../world/world.ts';
import { makeNearness, type Nearness, withNearness, zonedService } from './nearness.ts';

/** Of Istio's API as much as `expectation.ts` reads by itself. */
export interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}
export interface HttpMatch {
  readonly uri?: StringMatch;
  readonly ignoreUriCase?: boolean;
  readonly method?: StringMatch;
  readonly headers?: Readonly<Record<string, StringMatch>>;
  readonly withoutHeaders?: Readonly<Record<string, StringMatch>>;
  readonly queryParams?: Readonly<Record<string, StringMatch>>;
}
export interface Destination {
  readonly destination: { readonly host: string; readonly subset: string };
  readonly weight: number;
}
export interface HttpRule {
  readonly match?: readonly HttpMatch[];
  readonly redirect?: { readonly uri: string; readonly redirectCode: number };
  readonly directResponse?: { readonly status: number };
  readonly fault?: { readonly abort: { readonly httpStatus: number; readonly percentage: { readonly value: number } } };
  readonly rewrite?: { readonly uri: string };
  readonly headers?: { readonly request: { readonly set: Readonly<Record<string, string>> } };
  readonly route?: readonly Destination[];
}
export interface TlsRule {
  readonly match: readonly { readonly sniHosts: readonly string[] }[];
  readonly route: readonly Destination[];
}
export type Mode = 'STRICT' | 'PERMISSIVE' | 'DISABLE';
export interface AccessRule {
  readonly from?: readonly {
    readonly source: { readonly principals?: readonly string[]; readonly notPrincipals?: readonly string[] };
  }[];
  readonly to?: readonly {
    readonly operation: {
      readonly paths?: readonly string[];
      readonly notPaths?: readonly string[];
      readonly methods?: readonly string[];
    };
  }[];
}
export interface Policy {
  readonly action: 'ALLOW' | 'DENY';
  readonly rules: readonly AccessRule[];
}

/** One mesh: a client, an HTTP service, one of TLS, and the policies of the client's own pod. */
export interface SmallWorld {
  readonly http: readonly HttpRule[];
  readonly tls: readonly TlsRule[];
  readonly mode: Mode;
  readonly portMode: Mode | undefined;
  readonly policies: readonly Policy[];
  readonly near: Nearness;
}

export function makeSmallWorld(seed: number): SmallWorld {
  const dice = new Dice(seed);
  const modes: readonly Mode[] = ['STRICT', 'PERMISSIVE', 'DISABLE'];
  return {
    http: dice.times(1, 3, () => httpRule(dice)),
    tls: dice.times(0, 2, (index) => ({ match: [{ sniHosts: [`n${index}.test`] }], route: weighted(dice, 't') })),
    mode: dice.one(modes),
    portMode: dice.chance(0.5) ? dice.one(modes) : undefined,
    policies: dice.times(0, 2, () => ({ action: dice.one(['ALLOW', 'DENY'] as const), rules: [accessRule(dice)] })),
    // Last, so that the rest of a seed's world stays what it was.
    near: makeNearness(dice),
  };
}

function weighted(dice: Dice, host: string): Destination[] {
  const to = (subset: string, weight: number) => ({ destination: { host, subset }, weight });
  return dice.one([[to('v1', 100)], [to('v2', 100)], [to('v1', 100), to('v2', 0)], [to('v1', 30), to('v2', 70)]]);
}

const value = (dice: Dice): StringMatch => dice.one<StringMatch>([{ exact: '1' }, { prefix: '1' }, { regex: '[0-9]' }]);

function httpRule(dice: Dice): HttpRule {
  const match: HttpMatch = {
    ...dice.maybe(0.6, () => ({
      uri: dice.one<StringMatch>([{ exact: '/a' }, { prefix: '/a' }, { regex: '/(a|b)' }]),
    })),
    ...dice.maybe(0.2, () => ({ ignoreUriCase: true })),
    ...dice.maybe(0.3, () => ({ method: { exact: dice.one(methods) } })),
    ...dice.maybe(0.3, () => ({ headers: { 'x-a': value(dice) } })),
    ...dice.maybe(0.3, () => ({ withoutHeaders: { 'x-b': value(dice) } })),
    ...dice.maybe(0.3, () => ({ queryParams: { q: value(dice) } })),
  };
  const { ignoreUriCase: _, ...asked } = match;
  const action = dice.one<() => HttpRule>([
    () => ({ redirect: { uri: '/new', redirectCode: dice.one([302, 307]) } }),
    () => ({ directResponse: { status: 418 } }),
    () => forward(dice),
    () => forward(dice),
    () => forward(dice),
  ])();
  return { ...(Object.keys(asked).length === 0 ? {} : { match: [match] }), ...action };
}

const forward = (dice: Dice): HttpRule => ({
  route: weighted(dice, 'a'),
  ...dice.maybe(0.2, () => ({ fault: { abort: { httpStatus: 503, percentage: { value: dice.one([100, 50]) } } } })),
  ...dice.maybe(0.3, () => ({ rewrite: { uri: '/r' } })),
  ...dice.maybe(0.3, () => ({ headers: { request: { set: { 'x-c': 'set' } } } })),
});

const names = ['cluster.local/ns/default/sa/client', 'cluster.local/ns/shop/*', '*/sa/a'];

function accessRule(dice: Dice): AccessRule {
  const principals = dice.some(names, 1, 2);
  return {
    ...dice.maybe(0.7, () => ({
      from: [{ source: dice.chance(0.4) ? { notPrincipals: principals } : { principals } }],
    })),
    ...dice.maybe(0.7, () => ({
      to: [
        {
          operation: {
            ...dice.maybe(0.4, () => ({ methods: ['GET'] })),
            ...(dice.chance(0.4) ? { notPaths: ['/a*'] } : { paths: dice.some(['/a*', '/b', '*b'], 1, 2) }),
          },
        },
      ],
    })),
  };
}

/** The objects of Kubernetes that say so. */
export function objectsOf({ http, tls, mode, portMode, policies, near }: SmallWorld): readonly KubernetesObject[] {
  type Spec = Parameters<typeof objectOf>[3];
  const made = (apiVersion: string, kind: string, name: string, spec: unknown) =>
    objectOf(apiVersion, kind, ['default', name], { spec } as Spec);
  const service = (name: string, clusterIP: string, ports: unknown) =>
    made('v1', 'Service', name, { clusterIP, selector: { app: name === 't' ? 'b' : name }, ports });
  const [networking, security] = ['networking.istio.io/v1', 'security.istio.io/v1'];
  const selector = { matchLabels: { app: 'caller' } };
  const subsets = ['v1', 'v2'].map((name) => ({ name, labels: { version: name } }));
  const sniHosts = tls.flatMap(({ match }) => match.flatMap((one) => one.sniHosts));
  return withNearness(near, [
    ...(['default', 'shop', 'istio-system'] as const).map(
      (name): KubernetesObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
    ),
    // Whether pods of others have proxies is not chance's here: each has.
    ...makePods({ chance: () => true }),
    service('a', '10.96.0.11', [{ name: 'http', port: 80, targetPort: 7000 }]),
    service('t', '10.96.0.12', [{ name: 'tls', port: 443, targetPort: 7001 }]),
    service('caller', '10.96.0.20', [
      { name: 'http', port: 80, targetPort: 7000 },
      { name: 'tcp', port: 9000, targetPort: 9000 },
    ]),
    made(networking, 'DestinationRule', 'a', { host: 'a', subsets }),
    made(networking, 'DestinationRule', 't', { host: 't', subsets }),
    made(networking, 'VirtualService', 'a', { hosts: ['a'], http }),
    ...(tls.length === 0 ? [] : [made(networking, 'VirtualService', 't', { hosts: ['t', ...sniHosts], tls })]),
    made(security, 'PeerAuthentication', 'own', {
      selector,
      mtls: { mode },
      ...(portMode === undefined ? {} : { portLevelMtls: { 9000: { mode: portMode } } }),
    }),
    ...policies.map((policy, index) => made(security, 'AuthorizationPolicy', `p${index}`, { selector, ...policy })),
  ]);
}

export function makeSmallCalls(seed: number): readonly Placed[] {
  const dice = new Dice(seed ^ 0x2545f491);
  const calls = Array.from({ length: 24 }, (_, index): Placed => {
    if (index % 4 === 0) return placed('outbound', tlsCall(dice));
    return index % 2 === 0 ? placed('inbound', inboundCall(dice)) : placed('outbound', httpCall(dice));
  });
  return [...calls, placed('outbound', zonedCall(dice))];
}

const zonedCall = (dice: Dice): Call => ({
  source: podIps.lazy,
  destination: { address: zonedService.address, port: 80 },
  request: request(dice, `${zonedService.name}.${zonedService.namespace}`),
});

const placed = (entry: Placed['entry'], call: Call): Placed => ({ through: 'lazy', entry, call });

function request(dice: Dice, authority: string): Exclude<Call['request'], 'bytes'> {
  const headers = ['x-a', 'x-b'].flatMap((name) =>
    dice.chance(0.5) ? [[name, dice.one(['1', '12', '2'])] as const] : [],
  );
  const path = `${dice.one(paths)}${dice.one(queries)}`;
  return { version: 'http/1.1', method: dice.one(methods), path, authority, headers };
}

const httpCall = (dice: Dice): Call => ({
  source: podIps.lazy,
  destination: { address: '10.96.0.11', port: 80 },
  request: request(dice, 'a'),
});

const tlsCall = (dice: Dice): Call => ({
  source: podIps.lazy,
  destination: { address: '10.96.0.12', port: 443 },
  tls: { sni: dice.one(['n0.test', 'n1.test', 'n2.test']), alpn: [] },
  request: 'bytes',
});

function inboundCall(dice: Dice): Call {
  const web = dice.chance(0.6);
  const peer = dice.one([undefined, identities.client, identities.a, identities.c, identities.foreign]);
  const alpn = web ? ['istio-http/1.1', 'istio', 'http/1.1'] : ['istio'];
  return {
    source: '10.240.0.1',
    destination: { address: podIps.lazy, port: web ? 7000 : 9000 },
    ...(dice.chance(0.6) ? { tls: { sni: '', alpn, ...(peer === undefined ? {} : { peer }) } } : {}),
    request: web ? request(dice, 'caller') : 'bytes',
  };
}
