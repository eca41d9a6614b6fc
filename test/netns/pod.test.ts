import type { Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pod } from '../../src/model/pod.ts';
import { until } from '../envoy/condition.ts';
import { type EmptyControlPlane, startEmptyControlPlane } from '../envoy/empty-control-plane.ts';
import { type Answer, ask } from '../envoy/running-envoy.ts';
import { startHttpApp } from '../envoy/test-app.ts';
import { selfSigned } from '../envoy/test-certificates.ts';
import { script } from './init-container.ts';
import { injectPod } from './injected-pod.ts';
import { meshListeners } from './mesh-listeners.ts';
import { type PlayedPod, playPod, preparePod } from './pod-player.ts';
import { findRequirements } from './requirements.ts';

/**
 * Injected pods, played from start to end: each probe, hook, scrape and SIGTERM, as a kubelet plays them, against the
 * injected Envoy. The listeners 15001 and 15006 come by overlay, as the control plane of these tests has none to send.
 */
const envoy = findRequirements();
const discovery = 'outrigger.outrigger-system.svc';
const identity = selfSigned(discovery);

const kinds = [
  { name: 'native', mode: 'REDIRECT', family: 4, annotations: {} },
  { name: 'classic', mode: 'REDIRECT', family: 4, annotations: { 'sidecar.istio.io/nativeSidecar': 'false' } },
  {
    name: 'classic, holding',
    mode: 'REDIRECT',
    family: 4,
    annotations: {
      'sidecar.istio.io/nativeSidecar': 'false',
      'proxy.istio.io/config': 'holdApplicationUntilProxyStarts: true',
    },
  },
  { name: 'native, IPv6 alone', mode: 'REDIRECT', family: 6, annotations: {} },
  { name: 'native, TPROXY', mode: 'TPROXY', family: 4, annotations: { 'sidecar.istio.io/interceptionMode': 'TPROXY' } },
] as const;

/** An app's own postStart by HTTP makes the injector hold, so the pod that does not hold has none. */
function appPod(kind: (typeof kinds)[number], nodeIp: string): Pod {
  const hook = kind.name === 'classic' ? {} : { postStart: { httpGet: { path: '/hooks/start', port: 8080 } } };
  return injectPod({
    annotations: {
      ...kind.annotations,
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '8080',
      'prometheus.io/path': '/metrics',
    },
    others: [
      {
        name: 'side',
        image: 'test-side',
        command: [process.execPath, join(import.meta.dirname, 'pod-side.ts')],
        readinessProbe: { httpGet: { path: '/', port: 8443, scheme: 'HTTPS' }, periodSeconds: 1 },
        livenessProbe: { exec: { command: ['true'] } },
        lifecycle: { preStop: { exec: { command: ['sleep', '0.5'] } } },
      },
    ],
    container: {
      command: [process.execPath, join(import.meta.dirname, 'pod-app.ts')],
      env: [{ name: 'CALL_AT_END', value: `http://${kind.family === 4 ? nodeIp : `[${nodeIp}]`}:9000/` }],
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 1 },
      livenessProbe: { tcpSocket: { port: 9090 }, periodSeconds: 1 },
      startupProbe: { grpc: { port: 7070, service: 'shop.Cart' }, periodSeconds: 1 },
      lifecycle: { ...hook, preStop: { httpGet: { path: '/hooks/stop?ms=1500', port: 'http' } } },
    },
  });
}

describe.skipIf(envoy === undefined).each(kinds)('$name', (kind) => {
  let pod: PlayedPod;
  let injected: Pod;
  let plane: EmptyControlPlane;
  let outside: Server;

  beforeAll(async () => {
    const place = preparePod({ families: [kind.family] });
    plane = await startEmptyControlPlane(identity, { host: place.nodeIp, port: 15012 });
    outside = await startHttpApp(9000, place.nodeIp, (_, response) => response.end('outside'));
    injected = appPod(kind, place.nodeIp);
    pod = await playPod(injected, place, {
      names: [discovery],
      up: { app: 'app listens', side: 'side listens' },
      imageFiles: { '/usr/local/bin/outrigger-proxy.sh': script, '/usr/local/bin/envoy': envoy ?? '' },
      cluster: {
        token: () => 'token of app',
        configMaps: {
          'istio-ca-root-cert': { 'root-cert.pem': identity.certificate },
          listeners: { 'custom_bootstrap.json': meshListeners(kind.mode, kind.family) },
        },
      },
    });
  });
  afterAll(() => {
    outside?.close();
    plane?.stop();
    pod?.remove();
  });

  const becomes = (ok: boolean, container: string, probe: 'readinessProbe' | 'livenessProbe' | 'startupProbe') =>
    until(
      `${probe} of ${container} is ${ok}: ${pod.container('istio-proxy').log()}`,
      async () => (await pod.probe(container, probe)).ok === ok || undefined,
      5,
    );
  const askApp = (path: string): Promise<Answer> => ask(8080, path, { host: pod.podIp });

  test('starts in order, and shows the control plane its token', async () => {
    await becomes(true, 'istio-proxy', 'readinessProbe');
    const order = pod.events.filter((event) => !event.startsWith('ended'));
    const expected = {
      native: [
        'started istio-init',
        'started istio-proxy',
        'startup istio-proxy',
        'started app',
        'postStart app: 200',
        'started side',
      ],
      classic: ['started istio-init', 'started app', 'started side', 'started istio-proxy'],
      'classic, holding': [
        'started istio-init',
        'started istio-proxy',
        'postStart istio-proxy: exit 0',
        'started app',
        'postStart app: 200',
        'started side',
      ],
    };
    expect(order).toEqual(expected[kind.name in expected ? (kind.name as keyof typeof expected) : 'native']);
    expect(pod.events).toContain('ended istio-init: 0');
    expect(plane.streams[0]?.authorization).toBe('Bearer token of app');
    expect(plane.streams[0]?.nodeId).toBe(`sidecar~${pod.podIp}~app-1.shop~shop.svc.cluster.local`);
  });

  test('each probe of the app: success, failure, success', async () => {
    expect(injected.spec.containers.find(({ name }) => name === 'app')?.livenessProbe?.tcpSocket).toBeUndefined();
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) await becomes(true, 'app', probe);
    // HTTPS with a certificate of nobody, by way of a redirect; and exec, which stays as it is.
    await becomes(true, 'side', 'readinessProbe');
    await becomes(true, 'side', 'livenessProbe');
    await askApp('/fail');
    await becomes(false, 'app', 'readinessProbe');
    await becomes(false, 'app', 'startupProbe');
    expect((await pod.probe('app', 'livenessProbe')).ok).toBe(true);
    await askApp('/mend');
    await becomes(true, 'app', 'readinessProbe');
    await becomes(true, 'app', 'startupProbe');
  });

  test("traffic goes through the proxy, both ways, and the proxy's own does not loop", async () => {
    const inbound = await askApp('/');
    expect(inbound.headers['x-through']).toBe('inbound');
    expect(inbound.headers['x-seen-from']).toMatch(kind.family === 4 ? /127\.0\.0\.6$/ : /^::6$/);
    const target = kind.family === 4 ? pod.nodeIp : `[${pod.nodeIp}]`;
    expect((await askApp(`/call?url=http://${target}:9000/`)).body).toBe('200 through outbound');
  });

  test("the scrape that the annotations announce: the proxy's and the app's in one", async () => {
    const annotations = injected.metadata.annotations ?? {};
    const answer = await ask(Number(annotations['prometheus.io/port']), annotations['prometheus.io/path'] ?? '', {
      host: pod.podIp,
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/^envoy_server_live\{\} 1$/m);
    expect(answer.body).toMatch(/^app_hooks_total [01]$/m);
    expect((await ask(15090, '/stats/prometheus', { host: pod.podIp })).body).toMatch(/^envoy_server_live\{\} 1$/m);
  });

  test('the init container, run again by the kubelet, changes nothing', async () => {
    const init = pod.container('istio-init').container;
    const env = Object.fromEntries((init.env ?? []).map((item) => [item.name, String(item['value'])]));
    expect(env['OUTRIGGER_IPTABLES_V4']).toContain('*nat');
    const before = pod.namespace.run('iptables-nft-save', '-c').replaceAll(/^#.*\n|\[\d+:\d+\]/gm, '');
    pod.namespace.run('env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), script, 'init');
    expect(pod.namespace.run('iptables-nft-save', '-c').replaceAll(/^#.*\n|\[\d+:\d+\]/gm, '')).toBe(before);
  });

  test('the end: a request in flight is answered, the app can still call out, hooks run once, the proxy goes last', async () => {
    const slow = askApp('/slow?ms=6500');
    await until('the request is in flight', async () => {
      const { body } = await ask(15020, '/metrics', { host: pod.podIp });
      return /envoy_http_downstream_rq_active\{envoy_http_conn_manager_prefix="inbound"\} 1$/m.test(body) || undefined;
    });
    const ended = pod.terminate();
    await until('the proxy drains', async () => (await askApp('/')).headers['connection'] === 'close' || undefined, 5);
    expect(await slow).toMatchObject({ status: 200, body: 'slow but whole' });
    await ended;
    const log = pod.container('app').log();
    expect(log).toContain(`hooks: ${kind.name === 'classic' ? '' : 'start,'}stop\n`);
    expect(log).toContain('last call: 200 through outbound');
    expect(pod.events).toContain('preStop app: 200');
    expect(pod.events).toContain('preStop side: exit 0');
    expect(pod.events).toContain('ended side: 0');
    expect(pod.events).toContain('preStop istio-proxy: exit 0');
    expect(pod.events).toContain('ended app: 0');
    expect(pod.events.at(-1)).toBe('ended istio-proxy: 0');
    expect(pod.container('istio-proxy').endedAt()).toBeGreaterThanOrEqual(pod.container('app').endedAt() ?? Number.NaN);
  });
});

describe.skipIf(envoy === undefined)('without a control plane', () => {
  test('a classic pod that holds gives up after its limit, and says why', async () => {
    const place = preparePod({ families: [4] });
    const pod = injectPod({
      annotations: {
        'sidecar.istio.io/nativeSidecar': 'false',
        'proxy.istio.io/config': 'holdApplicationUntilProxyStarts: true',
      },
      container: { command: ['sleep', '60'] },
    });
    const proxy = pod.spec.containers.find(({ name }) => name === 'istio-proxy');
    expect(proxy?.lifecycle?.postStart?.exec).toEqual({ command: ['/usr/local/bin/outrigger-proxy.sh', 'wait'] });
    // The same hook with a limit that a test can wait for.
    Object.assign(proxy?.lifecycle?.postStart?.exec ?? {}, {
      command: ['/usr/local/bin/outrigger-proxy.sh', 'wait', '6'],
    });
    const playing = playPod(pod, place, {
      names: [discovery],
      imageFiles: { '/usr/local/bin/outrigger-proxy.sh': script, '/usr/local/bin/envoy': envoy ?? '' },
      cluster: {
        token: () => 'token',
        configMaps: {
          'istio-ca-root-cert': { 'root-cert.pem': identity.certificate },
          listeners: { 'custom_bootstrap.json': '{}' },
        },
      },
    });
    await expect(playing).rejects.toThrow(
      /postStart of istio-proxy failed: exit 1 .*not ready after 6 s: (nobody listens|the answer is .*503)/,
    );
  });
});
