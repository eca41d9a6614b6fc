import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { readAnswer } from '../../src/observe/read-answer.ts';
import { accessLogMethod, accessLogService, type TapStreams } from '../../src/wire/access-log-service.ts';
import { wireClock } from '../../src/wire/clock.ts';
import { GrpcServer } from '../../src/wire/grpc/grpc-server.ts';
import { questionLog, questionResources, questionTag } from '../../src/xds/translate/question.ts';
import { findEnvoy } from './binary.ts';
import { until } from './condition.ts';
import { freePorts, startEnvoy, writePodFiles } from './running-envoy.ts';
import { wireLimits } from './wire-limits.ts';

/** What a real Envoy answers when it is asked which endpoints it does without. */
const binary = findEnvoy('envoy');
const stopping: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stopping.splice(0).reverse()) await stop();
});

/** Tests share the machine's network; and the token of a pod is not a matter of this bootstrap. */
const own = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll('"@outrigger-question"', `"@outrigger-question-${process.pid}"`)
      .replaceAll(
        '{"cluster_name":"xds"}',
        '{"cluster_name":"xds"},"initial_metadata":[{"key":"authorization","value":"Bearer t"}]',
      ),
  );
const socket = `\0outrigger-question-${process.pid}`;

interface Failing {
  readonly name: string;
  readonly stat?: string;
  /** Of these ports nobody listens at any. */
  readonly ports: readonly number[];
  readonly outlier?: object;
}

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
const endpoints = (ports: readonly number[]) => ({
  endpoints: [{ lb_endpoints: ports.map((port) => ({ endpoint: { address: address(port) } })) }],
});

/** A proxy with a TCP listener for each cluster; connections to a port make its cluster fail. */
function bootstrapOf(xds: number, listening: readonly { readonly port: number; readonly cluster: Failing }[]) {
  const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const http2 = { '@type': `type.googleapis.com/${options}`, explicit_http_config: { http2_protocol_options: {} } };
  const tcpProxy = 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';
  return {
    node: { id: 'sidecar~10.9.0.1~m.n~n.svc', cluster: 'm' },
    static_resources: {
      clusters: [
        {
          ...{ name: 'xds', type: 'STATIC', typed_extension_protocol_options: { [options]: http2 } },
          load_assignment: { cluster_name: 'xds', ...endpoints([xds]) },
        },
        ...listening.map(({ cluster: { name, stat = name, ports, outlier } }) => ({
          ...{ name, type: 'STATIC', alt_stat_name: `${stat};`, outlier_detection: outlier ?? outlierOf },
          common_lb_config: { healthy_panic_threshold: { value: 0 } },
          load_assignment: { cluster_name: name, ...endpoints(ports) },
        })),
        ...questionResources.filter(({ type }) => type === 'cluster').map(({ message }) => own(message)),
      ],
      listeners: [
        ...listening.map(({ port, cluster: { name } }) => ({
          address: address(port),
          filter_chains: [
            {
              filters: [
                {
                  name: 'envoy.filters.network.tcp_proxy',
                  typed_config: { '@type': tcpProxy, stat_prefix: 'x', cluster: name },
                },
              ],
            },
          ],
        })),
        ...questionResources.filter(({ type }) => type === 'listener').map(({ message }) => own(message)),
      ],
    },
  };
}

const outlierOf = {
  ...{ consecutive_5xx: 1, interval: '1s', base_ejection_time: '60s', max_ejection_percent: 100 },
  enforcing_consecutive_5xx: 100,
};

/** All that it has answered, newest last. */
async function asked(clusters: readonly Failing[]) {
  const told: string[] = [];
  const taps: TapStreams = {
    isOpen: (id) => id === questionLog,
    begin: () => ({
      take: (entries) => {
        for (const { tags } of entries) told.push(tags[questionTag] ?? '');
        return 0;
      },
      onEnd: () => undefined,
      close: () => undefined,
    }),
  };
  const authenticator = {
    authenticate: async () => ({
      namespace: 'n',
      serviceAccount: 's',
      pod: undefined,
      expiresAt: Number.MAX_SAFE_INTEGER,
    }),
  };
  const rate = { perSecond: 100, burst: 100 };
  const service = accessLogService({ authenticator, taps, clock: wireClock, rate, firstMessageMs: 5000 });
  const server = new GrpcServer({
    methods: new Map([[accessLogMethod, service]]),
    clock: wireClock,
    limits: wireLimits,
  });
  const xds = await server.listenInsecure({ host: '127.0.0.1', port: 0 });
  stopping.push(
    () => server.close(),
    () => server.destroy(),
  );
  const [adminPort = 0, ...ports] = await freePorts(clusters.length + 1);
  const listening = clusters.map((cluster, at) => ({ port: ports[at] ?? 0, cluster }));
  const bootstrap = bootstrapOf(xds, listening);
  const admin = {
    ...{ name: 'admin', type: 'STATIC' },
    load_assignment: { cluster_name: 'admin', ...endpoints([adminPort]) },
  };
  const whole = {
    ...{ ...bootstrap, admin: { address: address(adminPort) } },
    static_resources: {
      ...bootstrap.static_resources,
      clusters: [...bootstrap.static_resources.clusters, admin],
    },
  };
  const root = writePodFiles({ token: 'token', rootCertificate: '' });
  stopping.push(() => rmSync(root, { recursive: true, force: true }));
  const args = ['--config-yaml', JSON.stringify(whole), '--log-level', 'warning', '--disable-hot-restart'];
  const envoy = startEnvoy(binary ?? '', [...args, '--concurrency', '1'], root);
  stopping.push(envoy.stop);
  const call = (at: number) => touch(ports[at] ?? 0);
  await until('it answers', () => told.length > 0 || undefined, 20).catch((error) => {
    throw new Error(`${error}: ${envoy.log()}`);
  });
  return { told, call, adminPort };
}

/** A connection until it is closed from there. */
function touch(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
    socket.write('x');
  });
}

const web: Failing = { name: 'outbound|80||web.shop.svc.cluster.local', ports: [1, 2] };
const whole: Failing = { name: 'outbound|81||whole.shop.svc.cluster.local', ports: [3] };

describe.skipIf(binary === undefined)('a proxy that is asked', () => {
  test('names each endpoint that it has ejected, of clusters by name and by address, whatever their names are to a regular expression', async () => {
    const odd = { name: 'outbound|80|v.1+(x)[^|web.shop.svc.cluster.local', ports: [4] };
    const byAddress = { name: 'vip|10.96.0.7:9000', stat: 'outbound|9000||db.shop.svc.cluster.local', ports: [5] };
    const other = { name: 'vip|10.96.0.8:9000', stat: 'outbound|9000||good.shop.svc.cluster.local', ports: [6] };
    const { told, call } = await asked([web, odd, byAddress, other, whole]);
    expect(told[0]).toBe('0\n');
    for (const at of [0, 0, 1, 2]) await call(at);
    const all = await until('all are named', () => (told.at(-1)?.startsWith('4\n') ? told.at(-1) : undefined), 20);
    expect(all.split('\n').slice(1).sort()).toEqual([
      'outbound|80|v.1+(x)[^|web.shop.svc.cluster.local 127.0.0.1:4 failed_outlier_check',
      'outbound|80||web.shop.svc.cluster.local 127.0.0.1:1 failed_outlier_check',
      'outbound|80||web.shop.svc.cluster.local 127.0.0.1:2 failed_outlier_check',
      'outbound|9000||db.shop.svc.cluster.local 127.0.0.1:5 failed_outlier_check',
    ]);
  });

  test('names so many at most, and says how many there are', async () => {
    const many = {
      name: 'outbound|80||many.shop.svc.cluster.local',
      ports: Array.from({ length: 260 }, (_, at) => at + 1),
    };
    const clusters = Array.from({ length: 20 }, (_, at) => ({
      name: `outbound|80||c${at}.shop.svc.cluster.local`,
      ports: [1],
    }));
    const { told, call } = await asked([many, ...clusters]);
    for (let at = 0; at < 260; at++) await call(0);
    const answer = await until(
      'all are counted',
      () => (told.at(-1)?.startsWith('260\n') ? told.at(-1) : undefined),
      20,
    );
    expect(readAnswer(answer)?.endpoints).toHaveLength(200);
    for (const at of clusters.keys()) await call(at + 1);
    // Of sixteen clusters, this one among them or not.
    await until('more are counted', () => /^(16|275)\n/.test(told.at(-1) ?? '') || undefined, 20);
  });

  test('tells those who connect to its socket nothing, and is not made to say more by them', async () => {
    const { told } = await asked([whole]);
    const before = told.length;
    const heard = await Promise.all(Array.from({ length: 200 }, (_, at) => knock(at)));
    for (const text of heard)
      expect(text).toMatch(/^HTTP\/1\.1 (200 OK|204 No Content)\r\n[^\n]*\r\n(?:[^\r\n]*\r\n)*\r\n$/);
    expect(heard.join('')).not.toContain('outbound');
    // Two hundred have knocked; it has asked itself once a second.
    expect(told.length - before).toBeLessThan(20);
  });
});

function knock(at: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const client = connect({ path: socket } as never);
    client.on('error', reject);
    client.on('data', (part) => {
      heard += String(part);
    });
    client.on('close', () => resolve(heard));
    client.write(`GET /clusters?${at} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  });
}
