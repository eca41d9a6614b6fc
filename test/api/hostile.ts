import type { SourceObject } from '../../src/source/object-source.ts';

/** Documents that nobody writes by mistake alone; each makes the mesh bigger, slower or stranger than it should be. */
export interface HostileCase {
  readonly does: string;
  readonly objects: readonly SourceObject[];
  /** Names of those that are refused in part or whole, each of which must be named. */
  readonly refused: readonly string[];
}

type Spec = Readonly<Record<string, unknown>>;

const groups: Readonly<Record<string, string>> = {
  VirtualService: 'networking.istio.io/v1',
  DestinationRule: 'networking.istio.io/v1',
  ServiceEntry: 'networking.istio.io/v1',
  Gateway: 'networking.istio.io/v1',
  Sidecar: 'networking.istio.io/v1',
  AuthorizationPolicy: 'security.istio.io/v1',
  RequestAuthentication: 'security.istio.io/v1',
  EnvoyFilter: 'networking.istio.io/v1alpha3',
};

function object(kind: string, name: string, spec: Spec, metadata: Spec = {}): SourceObject {
  const [apiVersion, namespace] = [groups[kind] ?? 'v1', 'default'];
  const full = {
    apiVersion,
    kind,
    metadata: { name, namespace, ...metadata },
    spec,
  } as unknown as SourceObject['object'];
  return { apiVersion, kind, namespace, name, object: full, origin: { kind, namespace, name } };
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const to = (host: string) => ({ route: [{ destination: { host } }] });
const rule = (name: string, spec: Spec) => object('VirtualService', name, spec);
const matching = (match: unknown) => ({ match: [match], ...to('server') });

/** The whole of a program of RE2 is bounded; a backtracking engine would be lost in them. */
const regexes = ['(a+)+$', '(a|a)*b', '((((x*)*)*)*)*y', '.*.*.*.*.*.*.*.*z', '(?:a?){30}a{30}'];
const tooLarge = ['((a{1,100}){1,100}){1,100}', '(x{1000}){1000}', `(${'a|'.repeat(50_000)}b)`];
const hosts = [
  '*',
  '..',
  '',
  ' ',
  'a..b',
  '*.*',
  '*a.b',
  'ünï.example',
  `${'a.'.repeat(200)}b`,
  '[::1]',
  '::1',
  '-a.b',
  'a b',
  'a\u0000b',
  '%2e',
  '__proto__',
  'constructor',
];
/** Odd, and yet names. */
const taken = ['constructor', '::1', '*a.b'];
const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

export const hostileCases: readonly HostileCase[] = [
  {
    does: 'regular expressions that drive other engines mad',
    objects: [rule('regexes', { hosts: ['server'], http: regexes.map((regex) => matching({ uri: { regex } })) })],
    refused: [],
  },
  {
    does: 'regular expressions too large for Envoy',
    objects: tooLarge.map((regex, index) =>
      rule(`large-${index}`, { hosts: [`large-${index}`], http: [matching({ uri: { regex } })] }),
    ),
    refused: ['large-0', 'large-1', 'large-2'],
  },
  {
    does: 'filters that Envoy cannot know, as they come without their configuration',
    objects: ['HTTP_FILTER', 'NETWORK_FILTER', 'LISTENER_FILTER'].map((applyTo, index) =>
      object('EnvoyFilter', `bare-${index}`, {
        configPatches: [
          {
            applyTo,
            match: { context: 'ANY' },
            patch: { operation: 'INSERT_FIRST', value: { name: 'envoy.filters.http.lua' } },
          },
        ],
      }),
    ),
    // The log and `analyze` tell of them (OR2456).
    refused: [],
  },
  {
    does: 'stars for parts of labels, where connections are told by a server name',
    objects: [
      object('ServiceEntry', 'partial', {
        hosts: ['*-a.example.com', 'whole.example.com'],
        ports: [
          { number: 443, name: 'tls', protocol: 'TLS' },
          { number: 80, name: 'http', protocol: 'HTTP' },
        ],
      }),
      rule('partial', {
        hosts: ['*-b.example.com', 'c.example.com'],
        tls: [
          { match: [{ sniHosts: ['*-b.example.com'] }], ...to('server') },
          { match: [{ sniHosts: ['*-b.example.com', 'c.example.com'] }], ...to('server') },
        ],
      }),
    ],
    refused: ['partial', 'partial', 'partial'],
  },
  {
    does: "values that Envoy's own rules refuse, in patches",
    objects: [
      { applyTo: 'CLUSTER', patch: { operation: 'MERGE', value: { connect_timeout: '0s' } } },
      { applyTo: 'CLUSTER', patch: { operation: 'MERGE', value: { lb_policy: 77 } } },
      { applyTo: 'CLUSTER', patch: { operation: 'ADD', value: { name: 'bad', dns_refresh_rate: '0s' } } },
      { applyTo: 'LISTENER', patch: { operation: 'MERGE', value: { access_log: [{ name: 'x', filter: {} }] } } },
      { applyTo: 'HTTP_ROUTE', patch: { operation: 'MERGE', value: { request_headers_to_add: [{}] } } },
      {
        applyTo: 'VIRTUAL_HOST',
        patch: { operation: 'MERGE', value: { retry_policy: { retry_host_predicate: [{}] } } },
      },
    ].map((patch, index) => object('EnvoyFilter', `limits-${index}`, { configPatches: [patch] })),
    // The log and `analyze` tell of them (OR2456).
    refused: [],
  },
  {
    does: '10,000 routes in one resource',
    objects: [
      rule('routes', { hosts: ['server'], http: times(10_000, (index) => matching({ uri: { exact: `/${index}` } })) }),
    ],
    refused: [],
  },
  {
    does: '3,000 resources for one host',
    objects: times(3_000, (index) =>
      rule(`same-${index}`, { hosts: ['server'], http: [matching({ uri: { exact: `/${index}` } })] }),
    ),
    refused: [],
  },
  {
    does: 'delegates that lead to themselves and to each other',
    objects: [
      rule('root', { hosts: ['root'], http: [{ delegate: { name: 'one' } }] }),
      rule('one', { http: [{ delegate: { name: 'two' } }] }),
      rule('two', { http: [{ delegate: { name: 'one' } }, { delegate: { name: 'two' } }] }),
    ],
    refused: ['one', 'two'],
  },
  {
    does: 'ExternalNames in a ring',
    objects: ['a', 'b', 'c'].map((name, index, all) =>
      object('Service', `ring-${name}`, {
        type: 'ExternalName',
        externalName: `ring-${all[(index + 1) % all.length]}.default.svc.cluster.local`,
        ports: [{ name: 'http', port: 80 }],
      }),
    ),
    refused: [],
  },
  {
    does: 'weights beyond 32 bits',
    objects: [
      rule('weights', {
        hosts: ['weights'],
        http: [{ route: times(4, () => ({ destination: { host: 'server' }, weight: 4_000_000_000 })) }],
      }),
    ],
    refused: ['weights'],
  },
  {
    does: 'hosts that are none',
    objects: hosts.flatMap((host, index) => [
      rule(`host-${index}`, { hosts: [host], http: [to('server')] }),
      object('ServiceEntry', `entry-${index}`, {
        hosts: [host],
        ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
        resolution: 'NONE',
      }),
      // A rule for `*` is one for every host.
      ...(host === '*' ? [] : [object('DestinationRule', `rule-${index}`, { host })]),
      object('Gateway', `gateway-${index}`, {
        selector: { istio: 'ingressgateway' },
        servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: [host] }],
      }),
    ]),
    refused: [...hosts.keys()]
      .filter((index) => !taken.includes(hosts[index] ?? ''))
      .flatMap((index) => [`host-${index}`, `entry-${index}`]),
  },
  {
    does: 'a megabyte of annotations',
    objects: [
      object(
        'VirtualService',
        'heavy',
        { hosts: ['heavy'], http: [to('server')] },
        { annotations: { note: 'x'.repeat(1_000_000) } },
      ),
    ],
    refused: [],
  },
  {
    does: 'names of what every object has',
    objects: [
      object('DestinationRule', 'keys', {
        host: 'server',
        subsets: keys.map((name) => ({ name: name.replace(/_/g, ''), labels: Object.fromEntries([[name, 'x']]) })),
      }),
      rule('keys', {
        hosts: ['keys'],
        http: [matching({ headers: Object.fromEntries(keys.map((name) => [name, { exact: 'x' }])) })],
      }),
      object('AuthorizationPolicy', 'keys', {
        selector: { matchLabels: Object.fromEntries(keys.map((name) => [name, 'x'])) },
        rules: [{}],
      }),
    ],
    refused: ['keys'],
  },
  {
    does: '2,000 subsets',
    objects: [
      object('DestinationRule', 'subsets', {
        host: 'server',
        subsets: times(2_000, (index) => ({ name: `v${index}`, labels: { version: `v${index}` } })),
      }),
    ],
    refused: [],
  },
  {
    does: '5,000 hosts in one ServiceEntry',
    objects: [
      object('ServiceEntry', 'hosts', {
        hosts: times(5_000, (index) => `h${index}.example.com`),
        ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
        resolution: 'DNS',
      }),
    ],
    refused: [],
  },
  {
    does: 'a policy of 5,000 paths and 2,000 rules',
    objects: [
      object('AuthorizationPolicy', 'paths', {
        rules: [{ to: [{ operation: { paths: times(5_000, (index) => `/p/${index}/*`) } }] }],
      }),
      object('AuthorizationPolicy', 'rules', {
        rules: times(2_000, (index) => ({ from: [{ source: { ipBlocks: [`10.0.${index >> 8}.${index & 255}`] } }] })),
      }),
    ],
    refused: [],
  },
  {
    does: 'a Sidecar of 3,000 hosts, and addresses that are everything',
    objects: [
      object('Sidecar', 'wide', {
        egress: [
          { hosts: ['./other.default.svc.cluster.local', ...times(3_000, (index) => `./h${index}.example.com`)] },
        ],
      }),
      object('ServiceEntry', 'everything', {
        hosts: ['everything.example'],
        addresses: ['0.0.0.0/0', '::/0'],
        ports: [{ number: 9999, name: 'tcp', protocol: 'TCP' }],
        resolution: 'NONE',
      }),
    ],
    refused: [],
  },
];
