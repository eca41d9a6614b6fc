import type { Dice } from './dice.ts';
import { objectOf } from './make-services.ts';
import {
  apps,
  fqdn,
  headerNames,
  headerValues,
  methods,
  outsideHosts,
  paths,
  portKinds,
  virtualHosts,
} from './vocabulary.ts';
import type { KubernetesObject } from './world.ts';

type Json = KubernetesObject['metadata'][string];
type Part = Record<string, Json>;

/** Rules that delegate, and those they delegate to, may have no regular expressions: of those there is none then. */
function stringMatch(dice: Dice, values: readonly string[], regexes: readonly string[] | undefined): Part {
  const value = dice.one(values.filter((candidate) => candidate !== ''));
  return dice.one<Part>([
    { exact: value },
    { prefix: value },
    regexes === undefined ? { exact: value } : { regex: dice.one(regexes) },
  ]);
}

interface Place {
  readonly gateways: readonly string[];
  readonly delegating: boolean;
}

function makeMatch(dice: Dice, { gateways, delegating }: Place): Part {
  const regexes = (...list: readonly string[]) => (delegating ? undefined : list);
  const value = () => stringMatch(dice, headerValues, regexes('1.*', '[0-9]', '.*', '(1|2)'));
  const header = () => ({ [dice.one(headerNames)]: dice.chance(0.2) ? {} : value() });
  return {
    ...dice.maybe(0.6, () => ({
      uri: stringMatch(dice, paths, regexes('/a.*', '/[ab]', '/(a|b)/.*')),
      ...dice.maybe(0.2, () => ({ ignoreUriCase: true })),
    })),
    ...dice.maybe(0.25, () => ({ headers: header() })),
    ...dice.maybe(0.2, () => ({ withoutHeaders: header() })),
    ...dice.maybe(0.2, () => ({ queryParams: { q: stringMatch(dice, ['1', '2'], regexes('[0-9]', '1.*')) } })),
    ...dice.maybe(0.2, () => ({ method: stringMatch(dice, methods, regexes('P.*', 'GET')) })),
    ...dice.maybe(0.1, () => ({
      authority: stringMatch(dice, ['a', 'b.default', 'virtual.test'], regexes('.*test', 'a.*')),
    })),
    ...dice.maybe(0.05, () => ({ scheme: { exact: dice.one(['http', 'https']) } })),
    ...dice.maybe(0.1, () => ({ port: dice.one([80, 7000, 7001]) })),
    ...dice.maybe(0.1, () => ({ sourceLabels: dice.one([{ app: 'caller' }, { app: 'x' }]) })),
    ...dice.maybe(0.05, () => ({ sourceNamespace: dice.one(['default', 'shop']) })),
    ...(gateways.length < 2 ? {} : dice.maybe(0.15, () => ({ gateways: [dice.one(gateways)] }))),
  };
}

function destination(dice: Dice): Part {
  const app = dice.one(apps);
  const host = dice.one([fqdn(app), fqdn(app), app.name, dice.one(outsideHosts)]);
  return {
    host,
    ...dice.maybe(0.35, () => ({ subset: dice.one(['v1', 'v2', 'v2', 'v3']) })),
    ...dice.maybe(0.3, () => ({ port: { number: dice.one(portKinds).port } })),
  };
}

function headerChanges(dice: Dice): Part {
  const changes = () => ({
    ...dice.maybe(0.5, () => ({ set: { [dice.one(headerNames)]: dice.one(['set', 'new']) } })),
    ...dice.maybe(0.4, () => ({ add: { [dice.one(headerNames)]: 'added' } })),
    ...dice.maybe(0.4, () => ({ remove: [dice.one([...headerNames, 'x-r'])] })),
  });
  return { ...dice.maybe(0.7, () => ({ request: changes() })), ...dice.maybe(0.5, () => ({ response: changes() })) };
}

/** Weights that need not sum up to 100; a single destination needs none. */
function weighted(dice: Dice, headers: boolean): Json[] {
  const targets = dice.times(1, 3, () => ({
    destination: destination(dice),
    ...(headers ? dice.maybe(0.25, () => ({ headers: headerChanges(dice) })) : {}),
  }));
  if (targets.length === 1) return targets;
  const weights = targets.map(() => dice.one([0, 10, 50, 90]));
  return targets.map((target, index) => ({
    ...target,
    weight: index === 0 ? Math.max(1, weights[0] ?? 1) : (weights[index] ?? 0),
  }));
}

function action(dice: Dice): Part {
  if (dice.chance(0.12)) return { redirect: redirect(dice) };
  if (dice.chance(0.1)) return { directResponse: { status: dice.one([200, 418, 503]), body: { string: 'direct' } } };
  return {
    route: weighted(dice, true),
    ...dice.maybe(0.2, () => ({ rewrite: rewrite(dice) })),
    ...dice.maybe(0.15, () => ({
      fault: { abort: { httpStatus: dice.one([418, 503]), percentage: { value: dice.one([100, 50, 0]) } } },
    })),
    ...dice.maybe(0.1, () => ({ mirror: destination(dice), mirrorPercentage: { value: 100 } })),
    ...dice.maybe(0.1, () => ({ timeout: '20s' })),
    ...dice.maybe(0.1, () => ({ retries: { attempts: dice.number(1, 2), retryOn: 'connect-failure' } })),
    ...dice.maybe(0.1, () => ({
      corsPolicy: {
        allowOrigins: [dice.one<Part>([{ exact: 'http://o.test' }, { regex: '.*test' }])],
        allowMethods: ['GET'],
      },
    })),
  };
}

function redirect(dice: Dice): Part {
  const made: Part = {
    ...dice.maybe(0.5, () => ({ uri: dice.one(['/new', '/new?x=1']) })),
    ...dice.maybe(0.4, () => ({ authority: 'elsewhere.test' })),
    ...dice.maybe(0.3, () => ({ scheme: dice.one(['http', 'https']) })),
    ...dice.maybe(0.2, () => dice.one<Part>([{ port: 8443 }, { derivePort: 'FROM_REQUEST_PORT' }])),
  };
  const code = dice.maybe(0.4, () => ({ redirectCode: dice.one([302, 303, 307, 308]) }));
  return { ...(Object.keys(made).length === 0 ? { uri: '/new' } : made), ...code };
}

const rewrite = (dice: Dice): Part =>
  dice.one<Part>([
    { uri: dice.one(['/r', '/']) },
    { uri: '/r', authority: 'rewritten.test' },
    { authority: 'rewritten.test' },
    { uriRegexRewrite: { match: '^/(.)/(.)', rewrite: '/\\2/\\1' } },
  ]);

interface Rules {
  readonly gateways: readonly string[];
  readonly delegates: readonly string[];
  readonly isDelegate: boolean;
}

function httpRoutes(dice: Dice, { gateways, delegates, isDelegate }: Rules): Json[] {
  return dice.times(1, 3, (index) => {
    const delegate = delegates.length > 0 && dice.chance(0.5);
    const place = { gateways, delegating: isDelegate || delegate };
    const matches = dice.times(0, 2, () => makeMatch(dice, place)).filter((match) => Object.keys(match).length > 0);
    return {
      name: `r${index}`,
      ...(matches.length === 0 ? {} : { match: matches }),
      ...(delegate ? { delegate: { name: dice.one(delegates), namespace: 'shop' } } : action(dice)),
      ...dice.maybe(0.2, () => ({ headers: headerChanges(dice) })),
    };
  });
}

function tlsRoutes(dice: Dice, hosts: readonly string[]): Json[] {
  return dice.times(1, 2, () => ({
    match: [
      {
        sniHosts: dice.some(hosts, 1, 2),
        ...dice.maybe(0.5, () => ({ port: 443 })),
        ...dice.maybe(0.1, () => ({ destinationSubnets: [dice.one(['10.96.0.0/16', '172.20.0.0/16'])] })),
      },
    ],
    route: weighted(dice, false),
  }));
}

function tcpRoutes(dice: Dice): Json[] {
  return dice.times(1, 2, () => ({
    ...dice.maybe(0.6, () => ({ match: [{ port: dice.one([9000, 7000, 7001, 443]) }] })),
    route: weighted(dice, false),
  }));
}

const networking = 'networking.istio.io/v1';

export function makeVirtualServices(dice: Dice, gateways: readonly string[]): KubernetesObject[] {
  const delegates = dice.chance(0.2) ? ['delegate-0'] : [];
  const roots = dice.times(1, 3, (index) => {
    const hosts = dice
      .some([...apps.map(fqdn), 'a', 'b', ...outsideHosts, ...virtualHosts, '*.ext.test'], 1, 2)
      .filter((host, _, all) => host !== 'api.ext.test' || !all.includes('*.ext.test'));
    const own = gateways.map((name) => `default/${name}`);
    const bound = dice.one<readonly string[]>([
      [],
      ['mesh'],
      ...own.flatMap((name) => [[name], [name], ['mesh', name], ['mesh', ...own]]),
    ]);
    const spec = {
      hosts,
      ...(bound.length === 0 ? {} : { gateways: [...bound] }),
      ...dice.maybe(0.85, () => ({ http: httpRoutes(dice, { gateways: bound, delegates, isDelegate: false }) })),
      ...dice.maybe(0.3, () => ({ tls: tlsRoutes(dice, hosts) })),
      ...dice.maybe(0.25, () => ({ tcp: tcpRoutes(dice) })),
    };
    const valid = 'http' in spec || 'tls' in spec || 'tcp' in spec ? spec : { ...spec, tcp: tcpRoutes(dice) };
    return objectOf(networking, 'VirtualService', ['default', `vs-${index}`], { spec: valid });
  });
  const parts = delegates.map((name) =>
    objectOf(networking, 'VirtualService', ['shop', name], {
      spec: { http: httpRoutes(dice, { gateways: [], delegates: [], isDelegate: true }) },
    }),
  );
  return [...roots, ...parts];
}

export function makeDestinationRules(dice: Dice): KubernetesObject[] {
  const hosts = [...apps.map(fqdn), ...outsideHosts, '*.default.svc.cluster.local'];
  return dice.some(hosts, 0, 4).map((host, index) => {
    const subsets = dice.some(['v1', 'v2'], 0, 2).map((version) => ({
      name: version,
      labels: { version },
      ...dice.maybe(0.2, () => ({ trafficPolicy: policy(dice) })),
    }));
    const spec = {
      host,
      ...(subsets.length === 0 ? {} : { subsets }),
      ...dice.maybe(0.5, () => ({
        trafficPolicy: {
          ...policy(dice),
          ...dice.maybe(0.3, () => ({
            portLevelSettings: [{ port: { number: dice.one([80, 7000, 9000]) }, ...policy(dice) }],
          })),
        },
      })),
    };
    const namespace = host.includes('.shop.') && dice.chance(0.5) ? 'shop' : 'default';
    return objectOf(networking, 'DestinationRule', [namespace, `dr-${index}`], { spec });
  });
}

/** Never empty: the API wants a field. */
function policy(dice: Dice): Part {
  const made = fields(dice);
  return Object.keys(made).length > 0 ? made : { loadBalancer: { simple: 'RANDOM' } };
}

const fields = (dice: Dice): Part => ({
  ...dice.maybe(0.6, () => ({
    tls: dice.one<Part>([
      { mode: 'DISABLE' },
      { mode: 'ISTIO_MUTUAL' },
      { mode: 'SIMPLE', insecureSkipVerify: true },
      { mode: 'SIMPLE', insecureSkipVerify: true, sni: 'named.test' },
    ]),
  })),
  ...dice.maybe(0.3, () => ({
    loadBalancer: { simple: dice.one(['ROUND_ROBIN', 'RANDOM', 'LEAST_REQUEST', 'PASSTHROUGH']) },
  })),
  ...dice.maybe(0.1, () => ({ connectionPool: { http: { h2UpgradePolicy: 'UPGRADE' } } })),
});

export function makeSidecars(dice: Dice): KubernetesObject[] {
  if (!dice.chance(0.15)) return [];
  const hosts = dice.some(['./*', 'shop/*', `./${fqdn(apps[0])}`, '*/ext.test', '~/*'], 1, 2);
  const spec = {
    ...dice.maybe(0.5, () => ({ workloadSelector: { labels: { app: 'caller' } } })),
    egress: [{ hosts }],
    ...dice.maybe(0.4, () => ({ outboundTrafficPolicy: { mode: dice.one(['REGISTRY_ONLY', 'ALLOW_ANY']) } })),
  };
  return [objectOf(networking, 'Sidecar', ['default', 'sidecar'], { spec })];
}
