import { expect, test } from 'vitest';
import type { Graph } from '../model/service-graph.ts';
import { buildGraph } from './build-graph.ts';
import { History } from './history.ts';
import type { KnownWorkload } from './inventory.ts';
import { ProxyCounters } from './proxy-counters.ts';
import type { Tallies } from './tally.ts';

type Labels = Readonly<Record<string, string>>;

const principal = (name: string) => `spiffe://cluster.local/ns/shop/sa/${name}`;

function line(name: string, labels: Labels, value: number | string): string {
  const print = Object.entries(labels).map(([key, text]) => `${key}="${text.replace(/[\\"]/g, '\\$&')}"`);
  return `${name}{${print.join(',')}} ${value}`;
}

const party = (side: string, name: string): Labels =>
  name === ''
    ? { [`${side}_workload`]: '-', [`${side}_workload_namespace`]: '-' }
    : {
        [`${side}_workload`]: name,
        [`${side}_workload_namespace`]: 'shop',
        [`${side}_app`]: name,
        [`${side}_version`]: 'v1',
      };

function call(reporter: string, source: string, target: string, more: Labels = {}): Labels {
  return {
    reporter,
    ...party('source', source),
    ...party('destination', target),
    source_principal: principal(source),
    destination_service: `${target || 'api.example.com'}`,
    request_protocol: 'http',
    response_code: '200',
    response_flags: '-',
    connection_security_policy: reporter === 'source' ? 'unknown' : 'mutual_tls',
    ...more,
  };
}

/** Each reading of all proxies together, ten seconds apart. */
function graphOf(readings: readonly (readonly string[])[], workloads: readonly KnownWorkload[] = []): Graph {
  const counters = new ProxyCounters();
  const history = new History();
  readings.forEach((lines, at) => {
    const tallies: Tallies = new Map();
    counters.take(Buffer.from(lines.join('\n')), tallies);
    if (at > 0) history.push({ start: (at - 1) * 10_000, end: at * 10_000, tallies });
  });
  return buildGraph({
    ...{ at: 1, rangeSeconds: 60, ticks: history.within(60_000) },
    telemetry: { kind: 'proxies', state: 'ok', asOf: 0, proxies: { asked: 1, answered: 1 } },
    inventory: { workloads, isInside: (host) => !host.includes('.com') },
  });
}

const requests = 'istio_requests_total';
const bucket = 'istio_request_duration_milliseconds_bucket';
const edgeFrom = (graph: Graph, source: string) => graph.edges.find((edge) => edge.source.includes(source));

test('a proxy tells of calls of its own namespace, and counts that can be', () => {
  const counters = new ProxyCounters('shop');
  const series = (source: string, value: string) =>
    `${requests}{reporter="source",source_workload="a",source_workload_namespace="${source}",destination_workload="b",destination_workload_namespace="other"} ${value}`;
  const read = (...lines: string[]): number => {
    const tallies: Tallies = new Map();
    counters.take(Buffer.from(lines.join('\n')), tallies);
    return tallies.size;
  };
  read(series('shop', '1'), series('bank', '1'));
  expect(read(series('bank', '9'))).toBe(0);
  for (const value of ['-1', '1e308', 'NaN', '+Inf']) expect(read(series('shop', value))).toBe(0);
  expect(read(series('shop', '5'))).toBe(1);
});

test('rates, failures, quantiles and what ended badly of an edge, from what the counters grew by', () => {
  const good = call('source', 'web', 'cart');
  const bad = call('source', 'web', 'cart', { response_code: '503', response_flags: 'UF,URX' });
  const at = (ok: number, failed: number, fast: number, all: number) => [
    line(requests, good, ok),
    line(requests, bad, failed),
    line(bucket, { ...good, le: '10' }, fast),
    line(bucket, { ...good, le: '100' }, all),
    line(bucket, { ...good, le: '+Inf' }, all),
  ];
  const [edge] = graphOf([at(1000, 5, 500, 900), at(1090, 15, 550, 1000)]).edges;
  expect(edge).toMatchObject({
    signals: { requestsPerSecond: 10, errorShare: 0.1, p50: 10 },
    hosts: ['cart'],
    failures: [{ by: 'caller', status: 503, grpc: null, flags: 'UF,URX', perSecond: 1 }],
    protocol: 'http',
  });
  expect(edge?.signals.p95).toBeCloseTo(91);
});

test('the app or the mesh: each side tells what it saw', () => {
  const seen = (more: Labels, reporter = 'source') => call(reporter, 'web', 'cart', more);
  const answers: readonly (readonly [Labels, number])[] = [
    [seen({}), 1000],
    // What the app answered, and what its proxy did without it, the caller has passed on.
    [seen({ response_code: '500' }), 70],
    [seen({ response_code: '500' }, 'destination'), 40],
    [seen({ response_code: '503', response_flags: 'UF' }, 'destination'), 30],
    [seen({ response_code: '503', response_flags: 'UO' }), 25],
    [seen({ response_code: '403' }, 'destination'), 20],
    [seen({ response_code: '0', response_flags: 'DC' }), 10],
    [seen({ request_protocol: 'grpc', grpc_response_status: '5' }), 2],
    [seen({ request_protocol: 'grpc', grpc_response_status: '7' }), 1],
  ];
  const read = (times: number) => answers.map(([labels, count]) => line(requests, labels, count * times));
  const graph = graphOf([read(0), read(1)]);
  const [http, grpc] = ['http', 'grpc'].map((protocol) => graph.edges.find((edge) => edge.protocol === protocol));
  expect(http?.failures.map(({ by, status, flags, perSecond }) => [by, status, flags, perSecond])).toEqual([
    ['app', 500, '', 4],
    ['called', 503, 'UF', 3],
    ['caller', 503, 'UO', 2.5],
    ['policy or app', 403, '', 2],
    ['client', 0, 'DC', 1],
  ]);
  expect(grpc?.failures).toMatchObject([
    { by: 'app', status: 200, grpc: 5 },
    { by: 'policy or app', status: 200, grpc: 7 },
  ]);
});

test('a connection of TCP says why it ended', () => {
  const of = call('source', 'web', 'db', { request_protocol: 'tcp', response_code: '', response_flags: 'UF,URX' });
  const read = (count: number) => [
    line('istio_tcp_connections_opened_total', { ...of, response_flags: '-' }, count),
    line('istio_tcp_connections_closed_total', of, count),
  ];
  expect(graphOf([read(0), read(10)]).edges).toMatchObject([
    { protocol: 'tcp', failures: [{ by: 'caller', status: null, flags: 'UF,URX', perSecond: 1 }] },
  ]);
});

test('a counter that was reset, one that is no number, and one that is new', () => {
  const of = call('source', 'web', 'cart');
  const other = call('source', 'web', 'mail');
  const readings = [
    [line(requests, of, 100)],
    [line(requests, of, 'NaN')],
    [line(requests, of, 130), line(requests, other, 20)],
    [line(requests, of, 7), line(requests, other, 20)],
  ];
  const graph = graphOf(readings);
  const perSecond = Object.fromEntries(graph.edges.map((edge) => [edge.hosts[0], edge.signals.requestsPerSecond]));
  expect(perSecond.cart).toBeCloseTo(37 / 30);
  expect(perSecond.mail).toBeCloseTo(20 / 30);
});

test('the lock: of the newest calls, by what the destination saw and what the caller admits', () => {
  const own = call('source', 'web', 'cart');
  const plain = { ...own, source_principal: '-' };
  const seen = call('destination', 'web', 'cart');
  const unseen = call('destination', '', 'cart', { source_principal: '-', connection_security_policy: 'none' });
  const other = call('destination', 'shop', 'cart');
  const before = [line(requests, own, 0), line(requests, seen, 0), line(requests, other, 0)];
  const mutual = [line(requests, own, 50), line(requests, seen, 50), line(requests, other, 50)];
  expect(edgeFrom(graphOf([before, mutual]), 'web')?.mtls).toEqual({
    share: 1,
    sourcePrincipals: [principal('web')],
    destinationPrincipals: [],
  });
  const after = [
    ...[line(requests, own, 50), line(requests, seen, 50), line(requests, other, 90)],
    ...[line(requests, plain, 40), line(requests, unseen, 41)],
  ];
  const graph = graphOf([before, mutual, after]);
  expect(edgeFrom(graph, 'web')?.mtls.share).toBe(0);
  expect(edgeFrom(graph, 'shop/shop')?.mtls.share).toBe(1);
  // All that came without a name is what the caller in the mesh admits.
  expect(edgeFrom(graph, 'unknown')).toBeUndefined();
});

test('whoever calls from outside of the mesh is unknown, and not locked', () => {
  const unseen = call('destination', '', 'cart', { source_principal: '-', connection_security_policy: 'none' });
  const own = call('source', 'web', 'cart', { source_principal: '-' });
  const graph = graphOf([
    [line(requests, unseen, 0), line(requests, own, 0)],
    [line(requests, unseen, 100), line(requests, own, 60)],
  ]);
  const edge = edgeFrom(graph, 'unknown');
  expect(edge).toMatchObject({ source: 'unknown//unknown/', mtls: { share: 0 } });
  expect(edge?.signals.requestsPerSecond).toBeCloseTo(4);
  // It may be as busy as it likes: nobody is there to tell.
  const { health } = graph.nodes.find(({ kind }) => kind === 'unknown') ?? {};
  expect(health).toEqual({ state: 'unknown', reason: 'it has no proxy that could tell' });
});

test('what no route is for goes nowhere, which is not whoever calls without a name', () => {
  const unseen = call('destination', '', 'cart', { source_principal: '-', connection_security_policy: 'none' });
  const lost = call('source', 'web', '', {
    destination_service: 'unknown',
    response_code: '404',
    response_flags: 'NR',
  });
  const graph = graphOf([
    [line(requests, unseen, 0), line(requests, lost, 0)],
    [line(requests, unseen, 100), line(requests, lost, 50)],
  ]);
  expect(edgeFrom(graph, 'web')?.target).toBe('unknown//no%20destination/');
  expect(edgeFrom(graph, 'unknown')?.source).toBe('unknown//unknown/');
  expect(graph.nodes.find(({ name }) => name === 'no destination')?.health.state).toBe('unknown');
});

test('a connection of TCP shows its certificate alone: it is of the caller that has it', () => {
  const opened = 'istio_tcp_connections_opened_total';
  const own = call('source', 'web', 'db', { request_protocol: 'tcp' });
  const seen = call('destination', '', 'db', { request_protocol: 'tcp', source_principal: principal('web') });
  const graph = graphOf([
    [line(opened, own, 0), line(opened, seen, 0)],
    [line(opened, own, 5), line(opened, seen, 5)],
  ]);
  expect(graph.edges).toHaveLength(1);
  expect(graph.edges[0]).toMatchObject({ protocol: 'tcp', mtls: { share: 1 } });
});

test('nodes: every workload of the mesh, hosts outside, and health with its reason', () => {
  const proxies = { connected: 1, expected: 1 };
  const known = (name: string, more: Partial<KnownWorkload> = {}): KnownWorkload => ({
    ...{ kind: 'workload', namespace: 'shop', name, app: name, version: 'v1', proxies },
    ...more,
  });
  const failed = call('source', 'entry', 'cart', { response_code: '500' });
  const out = call('source', 'entry', '');
  const graph = graphOf(
    [
      [line(requests, failed, 0), line(requests, out, 0)],
      [line(requests, failed, 10), line(requests, out, 10)],
    ],
    [
      known('entry', { kind: 'gateway' }),
      known('cart'),
      known('calm'),
      known('lame', { proxies: { connected: 1, expected: 2 } }),
    ],
  );
  const health = Object.fromEntries(
    graph.nodes.map(({ id, health: { state, reason } }) => [id, `${state}: ${reason}`]),
  );
  expect(health).toEqual({
    'external//api.example.com/': 'healthy: 0 % of requests failed (1 requests a second)',
    'gateway/shop/entry/v1': 'failing: 50 % of requests failed',
    'workload/shop/calm/v1': 'idle: no requests in the last 60 s',
    'workload/shop/cart/v1': 'failing: 100 % of requests failed',
    'workload/shop/lame/v1': 'degraded: 1 of 2 proxies is not connected',
  });
});

test('names that mean something elsewhere are names', () => {
  for (const name of ['<b>x</b>', 'a/b > c', '__proto__', 'x'.repeat(1024), '\u202eabc', '"\\']) {
    const of = call('source', name, 'cart');
    const graph = graphOf([[line(requests, of, 0)], [line(requests, of, 10)]]);
    expect(graph.nodes.map((node) => node.name).sort()).toEqual([name, 'cart'].sort());
    expect(graph.edges).toHaveLength(1);
  }
});
