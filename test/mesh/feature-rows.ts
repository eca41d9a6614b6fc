import { expect } from 'vitest';
import { until } from '../envoy/condition.ts';
import type { TestMesh } from './fixture.ts';
import { app, namespace, subsets } from './world.ts';

export interface FeatureRow {
  readonly does: string;
  readonly manifest?: string;
  readonly check: (mesh: TestMesh, delivery: string) => Promise<void>;
}

const every = [
  { port: 9080, name: 'http', speaks: 'http' },
  { port: 9081, name: 'http2', speaks: 'h2c' },
  { port: 9082, name: 'grpc', speaks: 'grpc' },
  { port: 9083, name: 'tcp-echo', speaks: 'tcp' },
  { port: 9084, name: 'tcp-first', speaks: 'tcp-first' },
  { port: 9085, name: 'something', speaks: 'http' },
  { port: 9086, name: 'other', speaks: 'tcp' },
];

export const featureWorld = [
  namespace('default', 'meshed'),
  namespace('outside', 'plain'),
  app('client'),
  app('server', { versions: ['v1', 'v2'], ports: every }),
  app('db', { headless: true, replicas: 2, ports: every }),
  app('client', { namespace: 'outside' }),
  app('legacy', { namespace: 'outside', ports: every }),
].join('');

/** What the app says of the connection that a request came by. */
async function forwarded(mesh: TestMesh, url: string): Promise<string> {
  const { samples } = await mesh.load('default/client', { url });
  const body = JSON.parse(samples[0]?.body ?? '{}') as { headers?: Record<string, string> };
  return body.headers?.['x-forwarded-client-cert'] ?? '';
}

const secured = 'URI=spiffe://cluster.local/ns/default/sa/client';

/** One line to a TCP port and what came back. */
async function line(mesh: TestMesh, from: string, host: string, port: number): Promise<string> {
  const script = `exec 3<>/dev/tcp/${host}/${port}; echo ping >&3; timeout 3 head -n 1 <&3 2>/dev/null`;
  return (await mesh.shell(from, `bash -c '${script}' || true`)).trim();
}

/** What a server says before it is asked. */
async function greeting(mesh: TestMesh, host: string, port: number): Promise<string> {
  const script = `exec 3<>/dev/tcp/${host}/${port}; timeout 5 head -n 1 <&3 2>/dev/null`;
  return (await mesh.shell('default/client', `bash -c '${script}' || true`)).trim();
}

async function statistics(mesh: TestMesh, id: string, name: string, labels: readonly string[]): Promise<number> {
  const text = await mesh.admin(id, '/stats/prometheus');
  const lines = text.split('\n').filter((entry) => entry.startsWith(`${name}{`));
  const found = lines.filter((entry) => labels.every((label) => entry.includes(label)));
  return found.reduce((sum, entry) => sum + Number(entry.split(' ').at(-1)), 0);
}

const mode = (value: string, selector = '') => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: default}
spec: {${selector} mtls: {mode: ${value}}}
---`;

export const featureRows: readonly FeatureRow[] = [
  {
    does: 'a Host that no host can have is answered at once, and harms no other',
    check: async (mesh) => {
      for (const host of ['*', '*:9080', 'a~b', 'a,b', 'a@b', 'a*b', "a'b", 'a/b', 'a%00b', '%']) {
        const ask = `curl -s -o /dev/null -w '%{http_code} %{time_total}' --max-time 4 -H "Host: ${host}" http://server:9080/`;
        const [code = '', seconds = ''] = (await mesh.shell('default/client', `${ask} || true`)).trim().split(' ');
        expect(['200', '400', '404', '502', '503'], `${host}: ${code}`).toContain(code);
        expect(Number(seconds), host).toBeLessThan(3);
      }
      const { statuses } = await mesh.load('default/client', { url: 'http://server:9080/', n: 3 });
      expect(statuses).toEqual({ 200: 3 });
    },
  },
  {
    does: 'HTTP/1.1 by mutual TLS, the peer is told',
    check: async (mesh) => expect(await forwarded(mesh, 'http://server:9080/headers')).toContain(secured),
  },
  {
    does: 'a host by all its names',
    check: async (mesh) => {
      const full = 'server.default.svc.cluster.local';
      for (const host of [
        'server',
        'server:9080',
        'server.default',
        'server.default.svc',
        full,
        `${full}.`,
        'SERVER.Default',
        `${full}:9080`,
      ]) {
        const { statuses, samples } = await mesh.load('default/client', {
          url: 'http://server:9080/headers',
          headers: { host },
        });
        expect([host, statuses]).toEqual([host, { 200: 1 }]);
        expect(samples[0]?.body).toContain(secured);
      }
    },
  },
  {
    does: 'HTTP on a port that nothing is known of, by mutual TLS as HTTP',
    check: async (mesh) => expect(await forwarded(mesh, 'http://server:9085/headers')).toContain(secured),
  },
  {
    does: 'HTTP/2 with prior knowledge',
    check: async (mesh) => {
      const out = await mesh.shell('default/client', 'curl -s --http2-prior-knowledge http://server:9081/headers');
      expect(out).toContain(secured);
    },
  },
  {
    does: 'gRPC, with trailers',
    check: async (mesh) => {
      const call = `printf '\\0\\0\\0\\0\\0' | curl -s -i --http2-prior-knowledge -X POST -H 'content-type: application/grpc' -H 'te: trailers' --data-binary @- http://server:9082/echo.Echo/Unary`;
      const out = await mesh.shell('default/client', call);
      expect(out).toContain('HTTP/2 200');
      expect(out).toMatch(/grpc-status: 0/);
    },
  },
  {
    does: 'web sockets',
    check: async (mesh) => {
      const upgrade = `curl -s -i --max-time 2 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' http://server:9080/ws || true`;
      expect(await mesh.shell('default/client', upgrade)).toContain('101 Switching Protocols');
    },
  },
  {
    does: 'TCP by mutual TLS, counted',
    check: async (mesh) => {
      expect(await line(mesh, 'default/client', 'server', 9083)).toBe('ping');
      await until('the connection is counted', async () => {
        const labels = ['reporter="source"', 'destination_service_name="server"', 'request_protocol="tcp"'];
        return (
          (await statistics(mesh, 'default/client', 'istio_tcp_connections_opened_total', labels)) > 0 || undefined
        );
      });
    },
  },
  {
    does: 'TCP on a port that nothing is known of',
    check: async (mesh) => expect(await line(mesh, 'default/client', 'server', 9086)).toBe('ping'),
  },
  {
    does: 'servers that speak first',
    check: async (mesh) => expect(await greeting(mesh, 'server', 9084)).toMatch(/^hello from server-/),
  },
  {
    does: 'STRICT takes all of it, and none of it in plaintext',
    manifest: mode('STRICT'),
    check: async (mesh) => {
      expect(await forwarded(mesh, 'http://server:9085/headers')).toContain(secured);
      expect(await line(mesh, 'default/client', 'server', 9083)).toBe('ping');
      expect(await greeting(mesh, 'server', 9084)).toMatch(/^hello from server-/);
      expect(await line(mesh, 'outside/client', 'server.default', 9083)).toBe('');
      const plain = await mesh.load('outside/client', { url: 'http://server.default:9080/headers' });
      expect(plain.statuses).toEqual({ 0: 1 });
    },
  },
  {
    does: 'DISABLE turns mutual TLS off, for clients, too',
    manifest: mode('DISABLE'),
    check: async (mesh) => {
      expect(await forwarded(mesh, 'http://server:9080/headers')).toBe('');
      expect(await line(mesh, 'default/client', 'server', 9083)).toBe('ping');
    },
  },
  {
    does: 'a mode for one port of one workload',
    manifest: mode('PERMISSIVE', 'selector: {matchLabels: {app: server}}, portLevelMtls: {"9085": {mode: STRICT}},'),
    check: async (mesh) => {
      const url = (port: number) => `http://server.default:${port}/headers`;
      expect((await mesh.load('outside/client', { url: url(9085) })).statuses).toEqual({ 0: 1 });
      expect((await mesh.load('outside/client', { url: url(9080) })).statuses).toEqual({ 200: 1 });
    },
  },
  {
    does: 'headless: a name of a pod is that pod, by mutual TLS',
    check: async (mesh) => {
      const pods = mesh.playground.cluster.pods.filter(({ desired }) => desired.name.startsWith('db-'));
      expect(pods).toHaveLength(2);
      for (const pod of pods) {
        const url = `http://${pod.ip}:9080/headers`;
        const result = await mesh.load('default/client', { url, headers: { host: 'db' }, n: 5 });
        expect(result.pods).toEqual({ [pod.desired.name]: 5 });
        expect(result.samples[0]?.body).toContain(secured);
        // Envoy says nothing of a cluster that it has acknowledged and still warms.
        await until('the pod says who it is', async () =>
          (await greeting(mesh, pod.ip ?? '', 9084)).includes(pod.desired.name) ? true : undefined,
        );
      }
    },
  },
  {
    does: 'services without proxies, in plaintext',
    check: async (mesh) => {
      const result = await mesh.load('default/client', { url: 'http://legacy.outside:9080/headers' });
      expect(result.statuses).toEqual({ 200: 1 });
      expect(result.samples[0]?.body).not.toContain('x-forwarded-client-cert');
      expect(await line(mesh, 'default/client', 'legacy.outside', 9083)).toBe('ping');
    },
  },
  {
    does: 'an endpoint that fails is left out, and comes back',
    manifest: `${subsets('server', ['v1', 'v2'])}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: eject}
spec:
  host: db
  trafficPolicy: {outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 3s, maxEjectionPercent: 100}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: server-eject}
spec:
  host: server
  trafficPolicy: {outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 3s, maxEjectionPercent: 100}}
---`,
    check: async (mesh) => {
      await mesh.load('default/client', { url: 'http://server:9080/status/500', n: 30, rate: 20 });
      const url = 'http://server:9080/headers';
      expect((await mesh.load('default/client', { url, n: 10 })).statuses).toEqual({ 503: 10 });
      await until(
        'the endpoints are back',
        async () => ((await mesh.load('default/client', { url, n: 10 })).statuses[200] === 10 ? true : undefined),
        15,
      );
    },
  },
  {
    does: 'deny-all, then nothing is denied',
    manifest: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: deny-all, namespace: default}
spec: {}
---`,
    check: async (mesh) => {
      const url = 'http://server:9080/headers';
      expect((await mesh.load('default/client', { url, n: 5 })).statuses).toEqual({ 403: 5 });
      expect((await mesh.load('outside/client', { url: 'http://server.default:9080/' })).statuses).toEqual({ 403: 1 });
      expect(await line(mesh, 'default/client', 'server', 9083)).toBe('');
      await mesh.remove('row.yaml');
      expect((await mesh.load('default/client', { url, n: 5 })).statuses).toEqual({ 200: 5 });
    },
  },
  {
    does: 'mirrors: each request is copied',
    manifest: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: mirror}
spec:
  hosts: [server]
  http: [{route: [{destination: {host: server, port: {number: 9080}}}], mirror: {host: legacy.outside.svc.cluster.local, port: {number: 9080}}}]
---`,
    check: async (mesh) => {
      const count = async () => {
        const { samples } = await mesh.load('outside/client', { url: 'http://legacy:9080/count' });
        return (JSON.parse(samples[0]?.body ?? '{}') as { count: number }).count;
      };
      const before = await count();
      expect((await mesh.load('default/client', { url: 'http://server:9080/headers', n: 50 })).statuses).toEqual({
        200: 50,
      });
      await until('every copy has come', async () => ((await count()) - before === 50 ? true : undefined));
    },
  },
  {
    does: 'rewrites, redirects, direct answers and headers',
    manifest: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shapes}
spec:
  hosts: [server]
  http:
    - {match: [{uri: {prefix: /old}}], rewrite: {uri: /headers}, route: [{destination: {host: server, port: {number: 9080}}}]}
    - {match: [{uri: {exact: /moved}}], redirect: {uri: /headers, redirectCode: 302}}
    - {match: [{uri: {prefix: /fixed}}], directResponse: {status: 418, body: {string: teapot}}}
    - match: [{queryParams: {test: {exact: "on"}}}]
      headers: {request: {set: {x-test: "yes"}}, response: {add: {x-answer: "yes"}}}
      route: [{destination: {host: server, port: {number: 9080}}}]
    - {route: [{destination: {host: server, port: {number: 9080}}}]}
---`,
    check: async (mesh) => {
      const ask = async (path: string) =>
        (await mesh.load('default/client', { url: `http://server:9080${path}` })).samples[0];
      expect((await ask('/old'))?.body).toContain('"path":"/headers"');
      const moved = await ask('/moved');
      expect([moved?.status, moved?.headers.location]).toEqual([302, 'http://server:9080/headers']);
      expect(await ask('/fixed')).toMatchObject({ status: 418, body: 'teapot' });
      const tested = await ask('/headers?test=on');
      expect(tested?.body).toContain('"x-test":"yes"');
      expect(tested?.headers['x-answer']).toBe('yes');
    },
  },
  {
    does: 'TCP is shared out by a VirtualService',
    manifest: `${subsets('server', ['v1', 'v2'])}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: tcp}
spec:
  hosts: [server]
  tcp:
    - match: [{port: 9083}]
      route: [{destination: {host: server, port: {number: 9084}, subset: v2}}]
    - match: [{port: 9084}]
      route:
        - {destination: {host: server, port: {number: 9084}, subset: v1}, weight: 50}
        - {destination: {host: server, port: {number: 9084}, subset: v2}, weight: 50}
---`,
    check: async (mesh) => {
      for (let i = 0; i < 3; i++) expect(await greeting(mesh, 'server', 9083)).toMatch(/^hello from server-v2/);
      const seen: string[] = [];
      for (let i = 0; i < 24; i++) seen.push(/server-(v\d)/.exec(await greeting(mesh, 'server', 9084))?.[1] ?? 'none');
      expect(new Set(seen)).toEqual(new Set(['v1', 'v2']));
    },
  },
  {
    does: 'the same client goes to the same endpoint by a hash',
    manifest: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: hash}
spec: {host: server, trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}}
---`,
    check: async (mesh) => {
      const seen = new Set<string>();
      for (let user = 0; user < 12; user++) {
        const headers = { 'x-user': `user-${user}` };
        const { pods } = await mesh.load('default/client', { url: 'http://server:9080/headers', n: 10, headers });
        expect(Object.keys(pods)).toHaveLength(1);
        seen.add(Object.keys(pods)[0] ?? '');
      }
      expect(seen.size).toBe(2);
    },
  },
  {
    does: 'metrics tell both sides of a call',
    check: async (mesh) => {
      await mesh.load('default/client', { url: 'http://server:9080/headers', n: 20 });
      const call = ['source_workload="client-v1"', 'destination_service="server.default.svc.cluster.local"'];
      const labels = [...call, 'response_code="200"', 'request_protocol="http"'];
      await until('both sides have counted', async () => {
        const out = await statistics(mesh, 'default/client', 'istio_requests_total', ['reporter="source"', ...labels]);
        const secure = ['reporter="destination"', 'connection_security_policy="mutual_tls"', ...labels];
        const ins = await Promise.all(
          ['default/server-v1', 'default/server-v2'].map((id) => statistics(mesh, id, 'istio_requests_total', secure)),
        );
        return out >= 20 && ins.reduce((a, b) => a + b) >= 20 ? true : undefined;
      });
    },
  },
];
