import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from '../envoy/condition.ts';
import { selfSigned } from '../envoy/test-certificates.ts';
import type { TestMesh } from './fixture.ts';
import { firstLine } from './lines.ts';
import { app, namespace } from './world.ts';

export interface ScopeRow {
  readonly does: string;
  /** With a folder for files, if it needs one. */
  readonly manifest: string | ((around: { readonly mesh: TestMesh; readonly folder: string }) => string);
  readonly check: (mesh: TestMesh, delivery: string, folder: string) => Promise<void>;
}

const every = [
  { port: 9080, name: 'http', speaks: 'http' },
  { port: 9081, name: 'http2', speaks: 'h2c' },
  { port: 9084, name: 'tcp-first', speaks: 'tcp-first' },
  { port: 9085, name: 'something', speaks: 'http' },
  { port: 9086, name: 'other', speaks: 'tcp' },
];

export const scopeWorld = [
  namespace('default', 'meshed'),
  namespace('outside', 'plain'),
  app('client'),
  app('server', { ports: every }),
  app('db', { headless: true, replicas: 2 }),
  app('client', { namespace: 'outside' }),
].join('');

const secured = 'URI=spiffe://cluster.local/ns/default/sa/client';
const addressOf = (mesh: TestMesh, id: string) => mesh.pod(id).ip ?? '';

/** In a folder that every pod sees, too: the root of a container lies over that of this machine. */
function writeCertificate(folder: string, name = 'tls'): void {
  const { certificate, key } = selfSigned(`${name}.example.com`);
  writeFileSync(join(folder, `${name}.crt`), certificate);
  writeFileSync(join(folder, `${name}.key`), key);
}

const ingress = (list: string, more = '') => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: server}
spec:
  workloadSelector: {labels: {app: server}}
  egress: [{hosts: ["./*"]}]
  ${more}
  ingress:
${list}
---`;

const peers = (mode: string, ports = '') => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: server}
spec: {selector: {matchLabels: {app: server}}, mtls: {mode: ${mode}}${ports === '' ? '' : `, portLevelMtls: ${ports}`}}
---`;

const egress = (list: string, more = '') => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: client}
spec:
  workloadSelector: {labels: {app: client}}
  ${more}
  egress:
${list}
---`;

const workloadEntry = (name: string, spec: string) => `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: ${name}, labels: {role: machine}}
spec: {${spec}}
---`;

/** What the app was told of its client, by whatever address it is called. */
async function told(mesh: TestMesh, url: string, host = 'server'): Promise<string> {
  const { samples } = await mesh.load('default/client', { url, headers: { host } });
  return `${samples[0]?.status} ${(samples[0]?.body ?? '').includes(secured) ? 'secured' : 'plain'}`;
}

const full = 'server.default.svc.cluster.local';

export const scopeRows: readonly ScopeRow[] = [
  {
    does: 'ingress: a port leads to another one of the app, at loopback and at the address of the pod',
    manifest: `${ingress(`
    - {port: {number: 9086, name: tcp, protocol: TCP}, defaultEndpoint: "127.0.0.1:9084"}
    - {port: {number: 9085, name: http2, protocol: HTTP2}, defaultEndpoint: "0.0.0.0:9081"}`)}${peers('STRICT')}
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: server}
spec: {selector: {matchLabels: {app: server}}, action: DENY, rules: [{to: [{operation: {paths: [/denied], ports: ["9085"]}}]}]}
---`,
    check: async (mesh) => {
      expect(await firstLine(mesh, 'default/client', 'server', 9086)).toMatch(/^hello from server-/);
      const ask = async (from: string, path: string) => mesh.load(from, { url: `http://server.default:9085${path}` });
      const known = await ask('default/client', '/headers');
      expect(known.statuses).toEqual({ 200: 1 });
      expect(known.samples[0]?.body).toContain(secured);
      expect((await ask('default/client', '/denied')).statuses).toEqual({ 403: 1 });
      expect((await ask('outside/client', '/headers')).statuses).toEqual({ 0: 1 });
      expect(await firstLine(mesh, 'outside/client', 'server.default', 9086)).toBe('');
      await until('the server has counted it', async () => {
        const lines = (await mesh.admin('default/server-v1', '/stats/prometheus')).split('\n');
        const wanted = ['istio_requests_total{', 'reporter="destination"', 'source_workload="client-v1"'];
        const own = [
          'destination_service="server.default.svc.cluster.local"',
          'connection_security_policy="mutual_tls"',
        ];
        return lines.some((line) => [...wanted, ...own].every((part) => line.includes(part))) || undefined;
      });
    },
  },
  {
    does: 'ingress: a port where the proxy itself listens',
    manifest: ingress(`
    - {port: {number: 9999, name: http, protocol: HTTP}, captureMode: NONE, defaultEndpoint: "127.0.0.1:9080"}
    - {port: {number: 9998, name: tcp, protocol: TCP}, captureMode: NONE, defaultEndpoint: "0.0.0.0:9084"}`),
    check: async (mesh) => {
      const address = addressOf(mesh, 'default/server-v1');
      const load = await mesh.load('outside/client', { url: `http://${address}:9999/headers` });
      expect(load.statuses).toEqual({ 200: 1 });
      expect(await firstLine(mesh, 'outside/client', address, 9998)).toMatch(/^hello from server-/);
    },
  },
  {
    does: 'ingress: TLS of its own where that of the mesh is off',
    manifest: ({ folder }) => {
      writeCertificate(folder);
      const tls = `tls: {mode: SIMPLE, serverCertificate: ${folder}/tls.crt, privateKey: ${folder}/tls.key}`;
      const list = `
    - {port: {number: 9443, name: https, protocol: HTTPS}, defaultEndpoint: "127.0.0.1:9080", ${tls}}
    - {port: {number: 9085, name: http, protocol: HTTP}, defaultEndpoint: "127.0.0.1:9080", ${tls}}`;
      return `${ingress(list)}${peers('PERMISSIVE', '{"9443": {mode: DISABLE}}')}`;
    },
    check: async (mesh) => {
      const address = addressOf(mesh, 'default/server-v1');
      const ask = (url: string) =>
        mesh.shell('outside/client', `curl -sk -o /dev/null -w '%{http_code}' --max-time 5 ${url} || true`);
      expect(await ask(`https://${address}:9443/headers`)).toBe('200');
      expect(await ask(`http://${address}:9443/headers`)).toBe('000');
      // Its TLS is not in force where mutual TLS of the mesh is.
      expect(await ask(`https://${address}:9085/headers`)).toBe('000');
      expect(await ask(`http://${address}:9085/headers`)).toBe('200');
    },
  },
  {
    does: 'ingress: clients that nobody vouches for come in where the Sidecar says so, and nowhere else',
    manifest: ({ folder }) => {
      for (const name of ['tls', 'stranger']) writeCertificate(folder, name);
      const files = `serverCertificate: ${folder}/tls.crt, privateKey: ${folder}/tls.key, caCertificates: ${folder}/tls.crt`;
      const port = (number: number, tls: string) =>
        `    - {port: {number: ${number}, name: p${number}, protocol: HTTPS}, defaultEndpoint: "127.0.0.1:9080", tls: {${files}, ${tls}}}`;
      const list = [port(9443, 'mode: MUTUAL'), port(9444, 'mode: MUTUAL, insecureSkipVerify: true')].join('\n');
      return `${ingress(`\n${list}`)}${peers('PERMISSIVE', '{"9443": {mode: DISABLE}, "9444": {mode: DISABLE}}')}`;
    },
    check: async (mesh, _, folder) => {
      const address = addressOf(mesh, 'default/server-v1');
      const ask = (port: number, as = '') => {
        const shown = as === '' ? '' : `--cert ${folder}/${as}.crt --key ${folder}/${as}.key`;
        const url = `https://${address}:${port}/headers`;
        return mesh.shell(
          'outside/client',
          `curl -sk -o /dev/null -w '%{http_code}' --max-time 5 ${shown} ${url} || true`,
        );
      };
      expect(await ask(9443, 'tls')).toBe('200');
      expect(await ask(9443, 'stranger')).toBe('000');
      expect(await ask(9444, 'stranger')).toBe('200');
      expect(await ask(9444)).toBe('000');
    },
  },
  {
    does: 'inboundConnectionPool: no more requests at once than the app is to have',
    manifest: ingress(
      `
    - {port: {number: 9085, name: http, protocol: HTTP}, defaultEndpoint: "127.0.0.1:9080"}`,
      'inboundConnectionPool: {http: {http1MaxPendingRequests: 1}, tcp: {maxConnections: 1}}',
    ),
    check: async (mesh) => {
      const text = await mesh.admin('default/server-v1', '/clusters');
      expect(text).toContain('inbound|9085||::default_priority::max_connections::1\n');
      expect(text).toContain('inbound|9085||::default_priority::max_pending_requests::1\n');
      const burst = await mesh.load('default/client', { url: 'http://server:9085/headers', n: 200, concurrency: 40 });
      expect(burst.statuses[200]).toBeGreaterThan(0);
      expect(burst.statuses[503]).toBeGreaterThan(0);
    },
  },
  {
    does: 'egress: a port of a service, and none of the others',
    manifest: egress(`
    - {port: {number: 9085, name: http, protocol: HTTP}, hosts: ["./${full}"]}
    - {hosts: ["~/*"]}`),
    check: async (mesh) => {
      expect(await told(mesh, 'http://server:9085/headers')).toBe('200 secured');
      expect(await told(mesh, 'http://server:9080/headers')).toBe('200 plain');
    },
  },
  {
    does: 'egress: services at an address that iptables brings',
    manifest: egress(`
    - {port: {number: 9085, name: http, protocol: HTTP}, bind: 192.0.2.10, hosts: ["./${full}"]}
    - {port: {number: 9084, name: tcp, protocol: TCP}, bind: 192.0.2.10, hosts: ["./${full}"]}
    - {hosts: ["./*"]}`),
    check: async (mesh) => {
      expect(await told(mesh, 'http://192.0.2.10:9085/headers')).toBe('200 secured');
      expect(await firstLine(mesh, 'default/client', '192.0.2.10', 9084)).toMatch(/^hello from server-/);
      expect(await told(mesh, 'http://server:9085/headers')).toBe('200 plain');
      expect(await told(mesh, 'http://server:9080/headers')).toBe('200 secured');
    },
  },
  {
    does: 'egress: services where the proxy itself listens',
    manifest: egress(`
    - {port: {number: 9085, name: http, protocol: HTTP}, captureMode: NONE, hosts: ["./${full}"]}
    - {port: {number: 9084, name: tcp, protocol: TCP}, captureMode: NONE, bind: 127.0.0.9, hosts: ["./${full}"]}
    - {hosts: ["~/*"]}`),
    check: async (mesh) => {
      expect(await told(mesh, 'http://127.0.0.1:9085/headers')).toBe('200 secured');
      expect(await firstLine(mesh, 'default/client', '127.0.0.9', 9084)).toMatch(/^hello from server-/);
    },
  },
  {
    does: 'egressProxy: takes calls of what is not known',
    manifest: egress(
      `
    - {port: {number: 9085, name: http, protocol: HTTP}, hosts: ["./${full}"]}
    - {hosts: ["~/*"]}`,
      'outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: server, port: {number: 9080}}}',
    ),
    check: async (mesh) => {
      expect(await told(mesh, 'http://192.0.2.50:9085/headers', 'unknown.example.com')).toBe('200 secured');
      expect(await told(mesh, 'http://192.0.2.50:7000/headers', 'unknown.example.com')).toBe('200 secured');
    },
  },
  {
    does: 'WorkloadEntries: machines behind a ServiceEntry and a Service, with and without a proxy',
    manifest: ({ mesh }) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: machines}
spec:
  hosts: [machines.example.com]
  addresses: [192.0.2.80]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  workloadSelector: {labels: {role: machine}}
---
apiVersion: v1
kind: Service
metadata: {name: machines}
spec: {clusterIP: 10.96.200.80, selector: {role: machine}, ports: [{name: http, port: 80, targetPort: 9080}]}
---
${workloadEntry('plain', `address: ${addressOf(mesh, 'outside/client-v1')}, ports: {http: 9080}`)}
${workloadEntry('secure', `address: ${addressOf(mesh, 'default/server-v1')}, ports: {http: 9080}, serviceAccount: server`)}`,
    check: async (mesh) => {
      const names = {
        server: mesh.pod('default/server-v1').desired.name,
        plain: mesh.pod('outside/client-v1').desired.name,
      };
      for (const [url, host] of [
        ['http://192.0.2.80/headers', 'machines.example.com'],
        ['http://10.96.200.80/headers', 'machines'],
      ] as const) {
        const { statuses, pods } = await mesh.load('default/client', { url, headers: { host }, n: 30 });
        expect([host, statuses]).toEqual([host, { 200: 30 }]);
        expect(Object.keys(pods).sort()).toEqual([names.plain, names.server].sort());
        for (const wanted of ['200 secured', '200 plain'])
          await until(`it is ${wanted}`, async () => (await told(mesh, url, host)) === wanted || undefined);
      }
    },
  },
  {
    does: 'allocated addresses: TCP hosts without addresses have one each',
    manifest: ({ mesh }) =>
      ['one', 'two']
        .map((name) => {
          const ports = name === 'one' ? 'tcp: 9084' : 'tcp: 9086';
          return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}}
spec:
  hosts: [${name}.example.com]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 7071, name: tcp, protocol: TCP}]
  endpoints: [{address: ${addressOf(mesh, 'default/server-v1')}, ports: {${ports}}}]
---`;
        })
        .join(''),
    check: async (mesh) => {
      const service = (name: string) =>
        mesh.snapshot().services.find(({ hostname }) => hostname === `${name}.example.com`)?.allocated[0] ?? '';
      expect(service('one')).toMatch(/^240\.240\./);
      expect(await firstLine(mesh, 'default/client', service('one'), 7071)).toMatch(/^hello from server-/);
      expect(await firstLine(mesh, 'default/client', service('two'), 7071)).toBe('ping');
    },
  },
  {
    does: 'an ExternalName of a headless service: the pod that was called answers',
    manifest: `
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: db.default.svc.cluster.local, ports: [{name: http, port: 9080}]}
---`,
    check: async (mesh) => {
      const pods = mesh.playground.cluster.pods.filter(({ desired }) => desired.name.startsWith('db-'));
      expect(pods).toHaveLength(2);
      for (const pod of pods) {
        const url = `http://${pod.ip}:9080/headers`;
        const result = await mesh.load('default/client', { url, headers: { host: 'alias' }, n: 6 });
        expect(result.pods).toEqual({ [pod.desired.name]: 6 });
        expect(result.samples[0]?.body).toContain(secured);
      }
    },
  },
];
