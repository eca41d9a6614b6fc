import type {
  ChangesPage,
  ConfigPage,
  DashboardState,
  FanOutPage,
  GoldenSignals,
  Graph,
  GraphEdge,
  GraphNode,
  HealthState,
  LogPage,
  PlaintextCause,
  SecurityPage,
  Series,
  ServicePage,
  ServiceRow,
  Signals,
  TelemetrySource,
  WorkloadPage,
} from '../../src/dashboard/api-types.ts';
import type { TapLine } from '../../src/model/tap.ts';
import { hostileNames } from './hostile.ts';

/** Answers of a Bookinfo with one slow and failing version and one caller without a proxy. */
export const at = Date.parse('2026-11-21T12:00:00Z');

export function signals(requestsPerSecond: number, errorShare = 0): Signals {
  const counted = requestsPerSecond > 0;
  return {
    requestsPerSecond,
    errorShare: counted ? errorShare : null,
    p50: counted ? 4.2 : null,
    p95: counted ? 18 : null,
    p99: counted ? 1240 : null,
  };
}

export const telemetry: TelemetrySource = {
  kind: 'proxies',
  state: 'ok',
  asOf: at,
  proxies: { asked: 7, answered: 7 },
};

interface NodeOptions {
  readonly kind?: GraphNode['kind'];
  readonly state?: HealthState;
  readonly reason?: string;
  readonly namespace?: string;
  readonly rate?: number;
}

export function node(name: string, version: string, options: NodeOptions = {}): GraphNode {
  const {
    kind = 'workload',
    state = 'healthy',
    reason = 'all requests were answered',
    namespace = 'default',
    rate = 10,
  } = options;
  return {
    id: `${kind}/${namespace}/${name}/${version}`,
    kind,
    namespace,
    name,
    app: name.replace(/-v\d+$/, ''),
    version,
    health: { state, reason },
    inbound: signals(rate),
    proxies: { connected: kind === 'workload' ? 1 : 0, expected: kind === 'workload' ? 1 : 0 },
  };
}

interface EdgeOptions {
  readonly rate?: number;
  readonly errors?: number;
  readonly share?: number | null;
  readonly protocol?: GraphEdge['protocol'];
  readonly failures?: GraphEdge['failures'];
  readonly because?: PlaintextCause;
}

export function edge(source: GraphNode, target: GraphNode, options: EdgeOptions = {}): GraphEdge {
  const { rate = 10, errors = 0, share = 1, protocol = 'http', failures = [], because } = options;
  return {
    id: `${source.id} > ${target.id}`,
    source: source.id,
    target: target.id,
    hosts: [`${target.app}.${target.namespace}.svc.cluster.local`],
    protocol,
    signals: protocol === 'tcp' ? signals(0) : signals(rate, errors),
    bytesPerSecond: { sent: rate * 512, received: rate * 4096 },
    mtls: {
      share,
      sourcePrincipals: share === 0 ? [] : [`spiffe://cluster.local/ns/${source.namespace}/sa/${source.app}`],
      destinationPrincipals: [`spiffe://cluster.local/ns/${target.namespace}/sa/${target.app}`],
      ...(because === undefined ? {} : { because }),
    },
    failures,
  };
}

const gateway = node('istio-ingressgateway', '', { kind: 'gateway', rate: 40 });
const product = node('productpage-v1', 'v1', { rate: 40 });
const details = node('details-v1', 'v1', { rate: 40 });
const reviews = [1, 2].map((version) => node(`reviews-v${version}`, `v${version}`, { rate: 12 }));
const failing = node('reviews-v3', 'v3', { rate: 4, state: 'failing', reason: '12.5 % of requests failed' });
const ratings = node('ratings-v1', 'v1', { rate: 16, state: 'degraded', reason: 'p99 is 1.24 s' });
const mongo = node('mongodb-v1', 'v1', { rate: 0 });
const loner = node('legacy-cron', '', { kind: 'unknown', state: 'unknown', reason: 'it has no proxy', rate: 0 });
const books = node('www.googleapis.com', '', { kind: 'external', namespace: '', rate: 2 });
const unused = node('sleep', 'v1', { state: 'idle', reason: 'no requests in this time', rate: 0 });

export const nodes: readonly GraphNode[] = [
  gateway,
  product,
  details,
  ...reviews,
  failing,
  ratings,
  mongo,
  loner,
  books,
  unused,
];
const failures: GraphEdge['failures'] = [
  { by: 'caller', status: 503, grpc: null, flags: 'UF', perSecond: 0.3 },
  { by: 'app', status: 500, grpc: null, flags: '', perSecond: 0.2 },
];
const ruled: PlaintextCause = {
  reason: 'its rule for clients turns it off (DISABLE)',
  by: [{ kind: 'DestinationRule', namespace: 'default', name: 'productpage' }],
};
const refusals: GraphEdge['failures'] = [{ by: 'policy or app', status: 403, grpc: null, flags: '', perSecond: 0.1 }];
export const edges: readonly GraphEdge[] = [
  edge(gateway, product, { rate: 40, share: 0.9, because: ruled }),
  edge(product, details, { rate: 40 }),
  ...reviews.map((one) => edge(product, one, { rate: 12 })),
  edge(product, failing, { rate: 4, errors: 0.125, failures }),
  ...[...reviews, failing].slice(1).map((one) => edge(one, ratings, { rate: 8, protocol: 'grpc', errors: 0.01 })),
  edge(ratings, mongo, { protocol: 'tcp' }),
  edge(loner, details, { rate: 0.5, share: 0, failures: refusals }),
  edge(details, books, { rate: 2, share: null }),
];

export const graph: Graph = { at, rangeSeconds: 60, telemetry, nodes, edges };
export const emptyGraph: Graph = { ...graph, nodes: [], edges: [] };

export const state: DashboardState = {
  version: '0.1.0',
  place: 'playground',
  user: { name: 'alice@example.com', mayWrite: true },
  telemetry,
  replica: {
    ...{ serves: 7, proxies: 12 },
    others: { asked: 2, silent: [{ replica: 'outrigger-1', reason: 'no answer within 3000 ms' }] },
  },
  emergencies: [],
  links: { tracing: 'https://jaeger.example.com/search?service={service}' },
};

function series(value: (step: number) => number | null): Series {
  return { start: at - 600_000, stepMs: 10_000, values: Array.from({ length: 60 }, (_, step) => value(step)) };
}

const golden: GoldenSignals = {
  requests: series((step) => 12 + 3 * Math.sin(step / 6)),
  errors: series((step) => (step > 45 ? 0.125 : 0)),
  p50: series((step) => (step > 20 && step < 26 ? null : 4 + (step % 5) / 3)),
  p95: series((step) => 18 + (step % 7)),
  p99: series(() => 1240),
};

export const services: readonly ServiceRow[] = [product, details, ratings, failing].map(
  ({ app, namespace, health, inbound }) => ({
    namespace,
    name: app,
    host: `${app}.${namespace}.svc.cluster.local`,
    health,
    signals: inbound,
  }),
);

export const servicePage: ServicePage = {
  namespace: 'default',
  name: 'reviews',
  host: 'reviews.default.svc.cluster.local',
  ports: [{ port: 9080, name: 'http', protocol: 'HTTP' }],
  health: failing.health,
  signals: golden,
  split: [
    { version: 'v1', configured: 0.5, observed: 0.49 },
    { version: 'v2', configured: 0.5, observed: 0.38 },
    { version: 'v3', configured: null, observed: 0.13 },
  ],
  rulesBefore: 0,
  endpoints: [
    { address: '10.0.0.5:9080', workload: 'reviews-v1', version: 'v1', health: 'healthy', leftBy: [] },
    { address: '10.0.0.6:9080', workload: 'reviews-v3', version: 'v3', health: 'unhealthy', leftBy: [] },
    {
      ...{ address: '10.0.0.7:9080', workload: 'reviews-v3', version: 'v3', health: 'ejected' },
      leftBy: [
        { client: 'default/productpage-v1', subset: 'v3', flags: ['failed_outlier_check'], since: at - 40_000 },
        { client: 'default/cart', subset: '', flags: ['failed_outlier_check'], since: at - 5000 },
      ],
    },
  ],
  ejections: [{ client: 'default/productpage-v1', port: 9080, subset: 'v3', pods: 2, ejected: 1 }],
  asked: {
    proxies: [
      { proxy: 'default/productpage-v1-a', client: 'default/productpage-v1', state: 'told', at: at - 1000 },
      { proxy: 'default/productpage-v1-b', client: 'default/productpage-v1', state: 'asking', at: null },
      { proxy: 'default/cart-0', client: 'default/cart', state: 'silent', at: null },
    ],
    others: 2,
  },
  inbound: edges.filter((one) => one.target === failing.id),
  policies: [
    { kind: 'VirtualService', namespace: 'default', name: 'reviews', effect: 'sends 50 % to v1 and 50 % to v2' },
  ],
  traced: 'reviews.default',
};

export const workloadPage: WorkloadPage = {
  namespace: 'default',
  name: 'reviews-v3',
  kind: 'workload',
  signals: golden,
  health: failing.health,
  inbound: edges.filter((one) => one.target === failing.id),
  outbound: edges.filter((one) => one.source === failing.id),
  policies: [{ kind: 'PeerAuthentication', namespace: 'default', name: 'default', effect: 'lets in mutual TLS only' }],
  proxies: [
    {
      pod: 'reviews-v3-7d8f-x2',
      synced: 'NACKED',
      envoy: '1.40.0',
      problem: 'OR2301 the listener was refused',
      memory: { used: 31_000_000, limit: 64_000_000 },
      cpu: { used: null, limit: 0.5 },
      certificate: { identity: 'spiffe://cluster.local/ns/default/sa/reviews', expires: at + 40_000_000 },
    },
  ],
  traced: 'reviews.default',
  pods: ['reviews-v3-7d8f-x2', 'reviews-v3-7d8f-zz'],
};

/** More lines than are seen at once. */
export function logOf(container: string): LogPage {
  const lines = Array.from({ length: 60 }, (_, at) => `${container} ${at} ${hostileNames[at % hostileNames.length]}`);
  return { container, containers: ['reviews', 'istio-proxy'], lines, reason: '', command: '' };
}

export const configPage: ConfigPage = {
  kind: 'VirtualService',
  apiVersion: 'networking.istio.io/v1',
  namespace: 'default',
  name: 'reviews',
  findings: [
    {
      code: 'OR5012',
      severity: 'Warning',
      message: 'the subset v9 of reviews does not exist',
      remedy: 'Add it to the DestinationRule.',
    },
  ],
  affects: ['reviews.default.svc.cluster.local'],
  delivered: { taken: 6, of: 7 },
  version: '4711',
  mayWrite: true,
  yaml: `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default}
spec:
  hosts: [reviews]
  http:
    # the canary
    - route:
        - destination: {host: reviews, subset: v1}
          weight: 90
        - destination: {host: reviews, subset: v3}
          weight: 10
`,
};

export const security: SecurityPage = {
  calls: edges.map((one) => ({
    source: one.source,
    target: one.target,
    mtls: one.mtls,
    requestsPerSecond: one.signals.requestsPerSecond,
  })),
  namespaces: [
    {
      namespace: 'default',
      mode: 'PERMISSIVE',
      ready: false,
      blockedBy: [{ workload: 'legacy-cron', reason: 'calls details in plaintext', because: ruled }],
    },
    { namespace: 'shop', mode: 'PERMISSIVE', ready: true, blockedBy: [] },
    { namespace: 'bank', mode: 'STRICT', ready: true, blockedBy: [] },
  ],
};

export const fanOut: FanOutPage = {
  entries: [
    {
      workload: 'default/istio-ingressgateway',
      callsPerRequest: 4.1,
      levels: [
        { level: 1, calls: 1, to: [{ namespace: 'default', name: 'productpage-v1', calls: 1 }], addedMs: 0.8 },
        {
          level: 2,
          calls: 2.1,
          to: [
            { namespace: 'default', name: 'reviews-v1', calls: 1.1 },
            { namespace: 'default', name: 'details-v1', calls: 1 },
          ],
          addedMs: 0.9,
        },
        { level: 3, calls: 1, to: [{ namespace: '', name: 'www.example.com', calls: 1 }], addedMs: null },
      ],
    },
  ],
};

export const preview = {
  kind: 'Pod',
  name: 'web',
  namespace: 'default',
  outcome: 'injected',
  decision: {
    inject: true,
    decidedBy: 'OR-namespace-enabled',
    message: 'the namespace has istio-injection=enabled',
    reasons: [
      { check: 'host network', code: 'a', verdict: 'none', message: 'the pod has its own network' },
      { check: 'namespace', code: 'b', verdict: 'inject', message: 'the namespace has istio-injection=enabled' },
    ],
  },
  warnings: [],
  rules: { v4: '*nat\n-A PREROUTING -p tcp -j ISTIO_INBOUND\nCOMMIT', v6: '', routes: [] },
  added: { requests: { cpu: '10m', memory: '40Mi' }, limits: { cpu: '2', memory: '1Gi' } },
};

const tapEnd = (workload: string, address: string) => ({ workload, namespace: 'default', principal: '', address });
const tapLine: TapLine = {
  connection: '',
  ...{ at: Date.UTC(2026, 0, 1, 12, 3, 4, 56), proxy: 'default/reviews-v3-1', side: 'served' },
  source: tapEnd('productpage-v1', '10.1.0.7:40312'),
  destination: tapEnd('reviews-v3', '10.1.0.9:9080'),
  ...{
    method: 'GET',
    authority: 'reviews:9080',
    path: '/reviews/0?…',
    status: 200,
    flags: '',
    refusedBy: '',
    durationMs: 4.2,
  },
  ...{ bytesReceived: 0, bytesSent: 438, protocol: 'HTTP/1.1', mtls: true },
};

/** What a tap tells: of two proxies one, for a replica is silent, a good request, and one of somebody hostile that got no answer. */
export const tapEvents: readonly string[] = [
  ['tap', { proxies: 2, here: 1, ready: 1 }] as const,
  ['replicas', { asked: 1, silent: [{ replica: 'outrigger-1', reason: 'no sign of life within 5000 ms' }] }] as const,
  ['line', tapLine] as const,
  [
    'line',
    {
      ...{ ...tapLine, source: { ...tapEnd('', '10.9.0.1:1'), namespace: '' }, status: 0, flags: 'DC', mtls: false },
      path: '/<img src=x onerror=alert(1)>',
    },
  ] as const,
  [
    'line',
    { ...tapLine, path: '/secret', status: 403, refusedBy: 'AuthorizationPolicy default/reviews, rule 0' },
  ] as const,
  ['leftOut', 7] as const,
].map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}`);

export const changes: ChangesPage = {
  now: at,
  since: at - 3_600_000,
  changes: [
    {
      at: at - 20_000,
      what: 'changed',
      kind: 'VirtualService',
      namespace: 'default',
      name: 'reviews',
      hasPage: true,
    },
    {
      at: at - 300_000,
      what: 'removed',
      kind: 'Pod',
      namespace: 'default',
      name: 'reviews-v3-x',
      hasPage: false,
    },
  ],
};
