import { expect } from 'vitest';
import { until } from '../envoy/condition.ts';
import type { FeatureRow } from './feature-rows.ts';
import type { TestMesh } from './fixture.ts';
import { type StrangeServer, startEcho, startHttp2, startTunnelEnd } from './strange-servers.ts';

/** An address that nobody has; its connections are taken by the proxy. */
const address = '10.199.9.9';

const rule = (host: string, policy: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: under-test, namespace: default}
spec: {host: ${host}, trafficPolicy: ${policy}}
---`;

/** A server of this machine as a host of the mesh, at `address` and the server's own port. */
const declared = (mesh: TestMesh, { port }: StrangeServer, protocol: 'TCP' | 'HTTP2') => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: strange, namespace: default}
spec:
  hosts: [strange.example.com]
  addresses: [${address}]
  resolution: STATIC
  ports: [{number: ${port}, name: strange, protocol: ${protocol}}]
  endpoints: [{address: ${mesh.playground.nodeIp}}]
---`;

async function script(mesh: TestMesh, text: string): Promise<string> {
  return (await mesh.shell('default/client', `bash -c '${text}' || true`)).trim();
}

/** A line to a TCP port and the first that came back. */
async function line(mesh: TestMesh, host: string, port: number): Promise<string> {
  return await script(mesh, `exec 3<>/dev/tcp/${host}/${port}; echo ping >&3; timeout 5 head -n 1 <&3`);
}

/** With a server of this machine, declared, and a rule for it. */
async function withServer(
  mesh: TestMesh,
  start: (host: string) => Promise<StrangeServer>,
  check: (server: StrangeServer, apply: (protocol: 'TCP' | 'HTTP2', policy: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const server = await start(mesh.playground.nodeIp);
  try {
    await check(server, (protocol, policy) =>
      mesh.apply('row.yaml', `${declared(mesh, server, protocol)}${rule('strange.example.com', policy)}`),
    );
  } finally {
    await mesh.remove('row.yaml');
    await server.stop();
  }
}

/** How a connection ends that says nothing more: 0 when the other side closed it, 124 when it was still open. */
async function ending(mesh: TestMesh, seconds: number, says = ''): Promise<string> {
  const reading = `timeout ${seconds} cat <&3 >/dev/null; echo $?`;
  return await script(mesh, `exec 3<>/dev/tcp/server/9083; ${says} ${reading}`);
}

export const policyRows: readonly FeatureRow[] = [
  {
    does: 'connections of one client go to one endpoint, by its address',
    manifest: rule('server', '{loadBalancer: {consistentHash: {useSourceIp: true}}}'),
    check: async (mesh) => {
      const greetings = async (n: number): Promise<ReadonlySet<string>> => {
        const one = 'exec 3<>/dev/tcp/server/9084; timeout 5 head -n 1 <&3; exec 3>&-';
        return new Set((await script(mesh, `for i in $(seq ${n}); do ${one}; done`)).split('\n'));
      };
      expect((await greetings(20)).size).toBe(1);
      await mesh.remove('row.yaml');
      expect((await greetings(20)).size).toBeGreaterThan(1);
    },
  },
  {
    does: 'connections that are still are closed',
    manifest: rule('server', '{connectionPool: {tcp: {idleTimeout: 1s}}}'),
    check: async (mesh) => {
      expect(await ending(mesh, 20)).toBe('0');
      await mesh.remove('row.yaml');
      expect(await ending(mesh, 3)).toBe('124');
    },
  },
  {
    does: 'connections are closed after their time, busy or not',
    manifest: rule('server', '{connectionPool: {tcp: {maxConnectionDuration: 1s}}}'),
    check: async (mesh) => {
      const busy = '(while echo ping >&3; do sleep 0.1; done) 2>/dev/null &';
      expect(await ending(mesh, 20, busy)).toBe('0');
    },
  },
  {
    does: 'the statuses that are named count as errors, and no others',
    manifest: rule(
      'server',
      '{outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 120s, maxEjectionPercent: 100, outlierDetectionHttpErrorCodes: [429]}}',
    ),
    check: async (mesh) => {
      const url = (path: string) => `http://server:9080${path}`;
      const versions = async () =>
        Object.keys((await mesh.load('default/client', { url: url('/headers'), n: 12 })).versions);
      expect((await mesh.load('default/client', { url: url('/status/500'), n: 12 })).statuses).toEqual({ 500: 12 });
      expect(await versions()).toEqual(['near']);
      expect((await mesh.load('default/client', { url: url('/status/429'), n: 3 })).statuses).toEqual({ 429: 3 });
      await until('the next are used', async () => ((await versions()).join() === 'mid' ? true : undefined));
    },
  },
  {
    does: 'a cookie is made with the attributes that are asked for',
    manifest: rule(
      'server',
      '{loadBalancer: {consistentHash: {httpCookie: {name: user, ttl: 60s, path: /, attributes: [{name: SameSite, value: Strict}]}}}}',
    ),
    check: async (mesh) => {
      const { samples } = await mesh.load('default/client', { url: 'http://server:9080/headers' });
      expect(String(samples[0]?.headers['set-cookie'])).toMatch(/^user=.*SameSite=Strict/);
    },
  },
  {
    does: 'requests count towards a budget of retries for a time',
    manifest: rule('server', '{retryBudget: {percent: 25, minRetryConcurrency: 4, interval: 7s}}'),
    check: async (mesh) => {
      await mesh.load('default/client', { url: 'http://server:9080/headers' });
      const held = await mesh.admin('default/client', '/config_dump?resource=dynamic_active_clusters');
      const { configs } = JSON.parse(held) as { configs: { cluster: { name: string; circuit_breakers?: unknown } }[] };
      const cluster = configs.find(({ cluster: { name } }) => name.includes('|9080||server.'))?.cluster;
      expect(cluster?.circuit_breakers).toMatchObject({
        thresholds: [
          { retry_budget: { budget_percent: { value: 25 }, min_retry_concurrency: 4, budget_interval: '7s' } },
        ],
      });
    },
  },
  {
    does: 'endpoints are told the address of the client',
    check: async (mesh) =>
      await withServer(mesh, startEcho, async (server, apply) => {
        const client = mesh.pod('default/client').ip ?? '-';
        await apply('TCP', '{proxyProtocol: {version: V1}}');
        expect(await line(mesh, address, server.port)).toBe(
          `PROXY TCP4 ${client} ${address} ${/(\d+) \d+\r/.exec(server.seen[0] ?? '')?.[1]} ${server.port}`,
        );
        await apply('TCP', '{proxyProtocol: {version: V2}}');
        await line(mesh, address, server.port);
        expect(server.seen.at(-1)).toMatch(/^\r\n\r\n\0\r\nQUIT\n/);
      }),
  },
  {
    does: 'bytes go through a tunnel',
    check: async (mesh) =>
      await withServer(mesh, startTunnelEnd, async (server, apply) => {
        for (const protocol of ['CONNECT', 'POST']) {
          await apply('TCP', `{tunnel: {protocol: ${protocol}, targetHost: far.example.com, targetPort: 443}}`);
          expect(await line(mesh, address, server.port)).toBe('ping');
          expect(server.seen.at(-1)).toBe(`${protocol} far.example.com:443`);
        }
      }),
  },
  {
    does: 'connections of HTTP/2 are pinged',
    check: async (mesh) =>
      await withServer(mesh, startHttp2, async (server, apply) => {
        await apply('HTTP2', '{connectionPool: {http: {http2KeepAlive: {interval: 1s, timeout: 5s}}}}');
        const url = `http://${address}:${server.port}/`;
        expect((await mesh.load('default/client', { url })).statuses).toEqual({ 200: 1 });
        await until('a ping comes', () => (server.seen.length > 0 ? true : undefined), 20);
      }),
  },
];
