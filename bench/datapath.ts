import { spawnSync } from 'node:child_process';
import { systemClock } from '../src/identity/serving-certificates.ts';
import type { MeshRoot } from '../src/identity/workload/mesh-root.ts';
import { WorkloadCa } from '../src/identity/workload/workload-ca.ts';
import type { WorkloadCertificate } from '../src/identity/workload/workload-certificate.ts';
import { locateCachedEnvoy } from '../src/playground/locate-envoy.ts';
import { startMesh, type TestMesh } from '../test/mesh/fixture.ts';
import { namespace } from '../test/mesh/world.ts';
import * as made from './pods/manifests.ts';
import { cpuSeconds, percentile, pidOf } from './pods/proxy-process.ts';
import type { Row } from './table.ts';

const rounds = 5;
const seconds = 6;
const connections = 8;
/** Requests a second, all connections together. */
const rate = 1000;

/** One way of the same requests. */
interface Path {
  readonly name: string;
  /** Pod and container in which the load is made. */
  readonly from: readonly [pod: string, container: string];
  readonly url: string;
  readonly proxies: readonly (readonly [pod: string, container: string])[];
}

const paths: readonly Path[] = [
  { name: 'direct', from: ['plain/client', 'client'], url: 'http://server.plain.svc.cluster.local:8080/', proxies: [] },
  {
    name: 'two bare Envoys, mTLS, no statistics',
    from: ['plain/client', 'client'],
    url: 'http://127.0.0.1:9000/',
    proxies: [
      ['plain/client', 'bare'],
      ['plain/server', 'bare'],
    ],
  },
  {
    name: 'two sidecars, mTLS, full metrics',
    from: ['default/client', 'client'],
    url: 'http://server.default.svc.cluster.local/',
    proxies: [
      ['default/client', 'istio-proxy'],
      ['default/server', 'istio-proxy'],
    ],
  },
];

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly cpuUs: number;
  readonly count: number;
}

/** Two pods with our sidecars, two without, and two bare Envoys between these; turn by turn, as the machine changes. */
export async function benchDatapath(): Promise<Row[]> {
  const envoy = locateCachedEnvoy(process.env);
  if (envoy === undefined) return [{ what: 'there is no Envoy: test/envoy/install.sh', measured: '', floor: '' }];
  needLoadGenerator();
  const mesh = await startMesh({ envoy, concurrency: 1, manifests: { 'pods.yaml': await manifests() } });
  try {
    const all = new Map<Path, Measured[]>(paths.map((path) => [path, []]));
    for (const path of paths) await measure(mesh, path, 2);
    for (let round = 0; round < rounds; round++) {
      for (const path of paths) all.get(path)?.push(await measure(mesh, path, seconds));
    }
    const requests = await encrypted(mesh);
    return [...rowsOf(all), { what: 'requests that the server took over mTLS', measured: requests, floor: 'all' }];
  } finally {
    await mesh.stop();
  }
}

/** h2load: C++, keeps a rate, and logs each request. */
function needLoadGenerator(): void {
  if (spawnSync('h2load', ['--version']).status === 0) return;
  const install = spawnSync('apt-get', ['install', '-y', 'nghttp2-client'], { stdio: 'ignore' });
  if (install.status !== 0) throw new Error('h2load is missing: apt-get update && apt-get install nghttp2-client');
}

async function measure(mesh: TestMesh, path: Path, forSeconds: number): Promise<Measured> {
  const total = rate * forSeconds;
  const load = `h2load --h1 -n ${total} -c ${connections} -t 1 --rps ${rate / connections} --log-file /tmp/log ${path.url}`;
  // Status and microseconds of each.
  const script = `rm -f /tmp/log; ${load} >/tmp/out 2>&1; cut -f2,3 /tmp/log`;
  const pids = path.proxies.map(([pod, container]) => pidOf(mesh, pod, container));
  const before = pids.map(cpuSeconds);
  const [pod, container] = path.from;
  const { output } = await mesh.playground.exec(mesh.pod(pod), container, ['sh', '-c', script]);
  const cpu = pids.reduce((sum, pid, index) => sum + cpuSeconds(pid) - (before[index] ?? 0), 0);
  const lines = output
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const times = lines.filter(([status]) => status === '200').map(([, time]) => Number(time));
  if (times.length !== total) throw new Error(`${path.name}: ${times.length} of ${total} answers are 200`);
  return {
    p50: percentile(times, 0.5) / 1000,
    p99: percentile(times, 0.99) / 1000,
    cpuUs: (cpu * 1e6) / total,
    count: total,
  };
}

function rowsOf(all: ReadonlyMap<Path, readonly Measured[]>): Row[] {
  const middle = (path: Path | undefined, key: keyof Measured) =>
    percentile(
      (path === undefined ? [] : (all.get(path) ?? [])).map((one) => one[key]),
      0.5,
    );
  const [direct, bare, mesh] = paths;
  const added = (path: Path | undefined, key: 'p50' | 'p99') => middle(path, key) - middle(direct, key);
  const rows = paths.map((path): Row => {
    const cpu = path.proxies.length === 0 ? '' : `, CPU of both ${middle(path, 'cpuUs').toFixed(0)} µs a request`;
    const measured = `p50 ${middle(path, 'p50').toFixed(2)} ms, p99 ${middle(path, 'p99').toFixed(2)} ms${cpu}`;
    return { what: `${path.name}, ${rate}/s`, measured, floor: '' };
  });
  const ratio = (of: number, to: number) => `${(of / to).toFixed(2)} x bare`;
  const compare = (key: 'p50' | 'p99'): Row => ({
    what: `added by the sidecars, ${key}`,
    measured: `${added(mesh, key).toFixed(2)} ms, by the bare ones ${added(bare, key).toFixed(2)} ms: ${ratio(added(mesh, key), added(bare, key))}`,
    floor: '<= 1.8 x bare, aim 1.4',
  });
  return [
    ...rows,
    compare('p50'),
    compare('p99'),
    {
      what: 'CPU of the two proxies a request',
      measured: ratio(middle(mesh, 'cpuUs'), middle(bare, 'cpuUs')),
      floor: '<= 1.8 x bare, aim 1.4',
    },
  ];
}

/** The metrics of the server's proxy know. */
async function encrypted(mesh: TestMesh): Promise<string> {
  const output = await mesh.admin('default/server', '/stats/prometheus');
  const counts = output.split('\n').filter((line) => line.includes('istio_requests_total{'));
  const sum = (lines: readonly string[]) => lines.reduce((all, line) => all + Number(line.split(' ').at(-1)), 0);
  const mutual = counts.filter((line) => line.includes('connection_security_policy="mutual_tls"'));
  return `${sum(mutual)} of ${sum(counts)}`;
}

async function manifests(): Promise<string> {
  let root: MeshRoot | undefined;
  const authority = new WorkloadCa({
    store: {
      load: async () => root,
      save: async (saved) => {
        root = saved;
      },
    },
    place: 'memory',
    clock: systemClock,
  });
  await authority.load();
  const [server, client] = await Promise.all(
    ['server', 'client'].map((name) => authority.issue(`spiffe://cluster.local/ns/plain/sa/${name}`)),
  );
  if (server === undefined || client === undefined) throw new Error('no certificates');
  const app = made.envoyContainer('server', made.answering(8080));
  return made.documents(
    namespace('plain', 'plain'),
    namespace('default', 'meshed'),
    made.workload('server', 'default', [app]),
    made.workload('client', 'default', [made.idle]),
    made.service('server', 'default', 'server', 'virtual'),
    made.workload('server', 'plain', [app, made.envoyContainer('bare', serverSide(server, authority.rootsPem))]),
    made.workload('client', 'plain', [made.idle, made.envoyContainer('bare', clientSide(client, authority.rootsPem))]),
    made.service('server', 'plain', 'server', 'headless'),
  );
}

function serverSide(certificate: WorkloadCertificate, rootsPem: string): string {
  const chain = {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
        require_client_certificate: true,
        common_tls_context: tls(certificate, rootsPem),
      },
    },
    filters: [made.connections(forwarding('app'))],
  };
  return JSON.stringify({
    ...made.quiet,
    static_resources: {
      listeners: [made.listener(8443, '0.0.0.0', [chain])],
      clusters: [cluster('app', 'STATIC', '127.0.0.1', 8080)],
    },
  });
}

function clientSide(certificate: WorkloadCertificate, rootsPem: string): string {
  const upstream = {
    ...cluster('server', 'STRICT_DNS', 'server.plain.svc.cluster.local', 8443),
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        common_tls_context: tls(certificate, rootsPem),
      },
    },
  };
  return JSON.stringify({
    ...made.quiet,
    static_resources: {
      listeners: [made.listener(9000, '127.0.0.1', [{ filters: [made.connections(forwarding('server'))] }])],
      clusters: [upstream],
    },
  });
}

function tls({ certificateChainPem, privateKeyPem }: WorkloadCertificate, rootsPem: string): unknown {
  return {
    tls_certificates: [
      { certificate_chain: { inline_string: certificateChainPem }, private_key: { inline_string: privateKeyPem } },
    ],
    validation_context: { trusted_ca: { inline_string: rootsPem } },
  };
}

function forwarding(to: string): unknown {
  return {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'bare',
    route_config: {
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: to } }] }],
    },
    http_filters: [made.router],
  };
}

function cluster(name: string, type: string, address: string, port: number): object {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: made.socket(address, port) } }] }];
  return { name, type, load_assignment: { cluster_name: name, endpoints } };
}
