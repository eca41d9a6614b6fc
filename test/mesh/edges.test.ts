import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { selfSigned } from '../envoy/test-certificates.ts';
import { findRequirements } from '../netns/requirements.ts';
import { deliveries } from './deliveries.ts';
import { example, exampleNames } from './examples.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { type OutsideServers, startOutside } from './outside-server.ts';
import { app, gatewayPod, namespace } from './world.ts';

/** Where the mesh ends: hosts outside, declared or not, and the ingress gateway. */
const envoy = findRequirements();
const outsideName = 'api.example.com';
const certificate = selfSigned(outsideName);

const world = [
  namespace('default', 'meshed'),
  namespace('outside', 'plain'),
  app('client'),
  app('myapp', { ports: [{ port: 80, target: 9080, name: 'http', speaks: 'http' }] }),
  app('client', { namespace: 'outside' }),
  gatewayPod('ingressgateway'),
  gatewayPod('egressgateway'),
].join('');

const declared = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside}
spec:
  hosts: [${outsideName}]
  location: MESH_EXTERNAL
  resolution: DNS
  ports: [{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, protocol: TLS}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: outside}
spec:
  hosts: [${outsideName}]
  http: [{match: [{uri: {prefix: /fixed}}], directResponse: {status: 418}}, {route: [{destination: {host: ${outsideName}, port: {number: 80}}}]}]
---`;

const wrongName = 'wrong.example.com';

/** HTTP of the apps, HTTPS outside: no name is given, so that of the request counts. */
const originated = (ca: string) =>
  [outsideName, wrongName]
    .map(
      (name) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}}
spec:
  hosts: [${name}]
  location: MESH_EXTERNAL
  resolution: DNS
  ports: [{number: 80, targetPort: 443, name: http, protocol: HTTP}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}}
spec: {host: ${name}, trafficPolicy: {tls: {mode: SIMPLE, caCertificates: ${ca}}}}
---`,
    )
    .join('');

const byEgress = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside}
spec:
  hosts: [${outsideName}]
  location: MESH_EXTERNAL
  resolution: DNS
  ports: [{number: 80, name: http, protocol: HTTP}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: egress}
spec:
  selector: {istio: egressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [${outsideName}]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: by-egress}
spec:
  hosts: [${outsideName}]
  gateways: [mesh, egress]
  http:
    - match: [{gateways: [mesh], port: 80}]
      route: [{destination: {host: istio-egressgateway.default.svc.cluster.local, port: {number: 80}}}]
    - match: [{gateways: [egress], port: 80}]
      route: [{destination: {host: ${outsideName}, port: {number: 80}}}]
---`;

/** Every host below a domain, each looked up when it is called; by the egress gateway or by the pod's own proxy. */
const lookedUp = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: wild, namespace: default}
spec:
  hosts: ["*.example.com"]
  location: MESH_EXTERNAL
  resolution: DYNAMIC_DNS
  ports: [{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, protocol: TLS}]
---`;
const lookedUpByEgress = byEgress
  .slice(byEgress.indexOf('---') + 3)
  .replaceAll(`[${outsideName}]`, '["*.example.com"]')
  .replaceAll(`host: ${outsideName},`, 'host: "*.example.com",');

/** The server as clients of another network call it: at a gateway, by the server name of mutual TLS. */
const fromAfar = (gateway: string, port: string) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: crossing, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ["*.local"]}]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: remote, namespace: default}
spec:
  hosts: [remote.example]
  addresses: [192.0.2.80]
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: ${gateway}, ports: {http: 8443}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: remote, namespace: default}
spec:
  host: remote.example
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
      sni: outbound_.${port}_._.myapp.default.svc.cluster.local
      subjectAltNames: [spiffe://cluster.local/ns/default/sa/myapp]
---`;

const friend = selfSigned('friend.example.com');

const registryOnly = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: default}
spec: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}, egress: [{hosts: ["*/*"]}]}
---`;

const everything = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: default}
spec: {egress: [{hosts: ["*/*"]}]}
---`;

const answers = (status: number) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: myapp, namespace: default}
spec: {hosts: [myapp], http: [{directResponse: {status: ${status}}}]}
---`;

const secret = ({ certificate: cert, key }: { certificate: string; key: string }) => `
apiVersion: v1
kind: Secret
metadata: {name: myapp-tls, namespace: default}
type: kubernetes.io/tls
data: {tls.crt: ${Buffer.from(cert).toString('base64')}, tls.key: ${Buffer.from(key).toString('base64')}}
---`;

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (_, sets) => {
  let mesh: TestMesh;
  let outside: OutsideServers;
  let ip = '';

  beforeAll(async () => {
    const hosts: Record<string, readonly string[]> = {};
    mesh = await startMesh({
      envoy: envoy ?? '',
      manifests: { 'world.yaml': world },
      sets,
      hosts,
      forwards: { 443: 0, 80: 0 },
    });
    ip = mesh.playground.nodeIp;
    // DNS is told of it with the next change of the mesh.
    hosts[outsideName] = [ip];
    hosts[wrongName] = [ip];
    await mesh.apply('row.yaml', namespace('another', 'plain'));
    await until('the name resolves', async () =>
      (await mesh.shell('default/client', `getent ahostsv4 ${outsideName} || true`)).includes(ip) ? true : undefined,
    );
    await mesh.remove('row.yaml');
    outside = await startOutside(ip, { http: [80, 7070], https: 443, first: 7071 }, certificate);
  });
  afterAll(async () => {
    await outside?.stop();
    await mesh?.stop();
  });

  const tls = async (args: string): Promise<string> =>
    await mesh.shell('default/client', `curl -sk --max-time 5 ${args} || echo failed $?`);

  test('what is not declared goes through as it was sent', async () => {
    // A port that no service of the mesh has is bytes to the proxy; of 80 it is the HTTP proxy, which ends at each hop.
    const kept = new Map([
      [7070, ['connection', 'host']],
      [80, ['host']],
    ]);
    for (const [port, headers] of kept) {
      const { statuses, samples } = await mesh.load('default/client', { url: `http://${ip}:${port}/x`, n: 3 });
      expect(statuses).toEqual({ 200: 3 });
      const body = JSON.parse(samples[0]?.body ?? '{}') as { names: string[] };
      expect(body.names.map((name) => name.toLowerCase()).sort()).toEqual(headers);
    }
    expect(await tls(`https://${outsideName}/y --resolve ${outsideName}:443:${ip}`)).toContain('"path":"/y"');
    const first = await mesh.shell('default/client', `bash -c 'exec 3<>/dev/tcp/${ip}/7071; timeout 5 head -n 1 <&3'`);
    expect(first).toContain('outside speaks first');
  });

  test('a declared host has routes, and its TLS goes by server name', async () => {
    await mesh.apply('row.yaml', declared);
    try {
      const url = `http://${outsideName}`;
      expect((await mesh.load('default/client', { url: `${url}/fixed` })).statuses).toEqual({ 418: 1 });
      expect((await mesh.load('default/client', { url: `${url}/x`, n: 3 })).statuses).toEqual({ 200: 3 });
      expect(await tls(`https://${outsideName}/y`)).toContain('"path":"/y"');
      expect(await mesh.admin('default/client', '/clusters')).toContain(`outbound|443||${outsideName}::${ip}:443`);
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });

  test('TLS that the proxy begins has the name of the request, and the server must prove it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outrigger-ca-'));
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'ca.pem'), certificate.certificate);
    await mesh.apply('row.yaml', originated(join(folder, 'ca.pem')));
    try {
      const ask = async (name: string) => (await mesh.load('default/client', { url: `http://${name}/x` })).samples[0];
      const answer = await until('the host answers', async () => {
        const sample = await ask(outsideName);
        return sample?.status === 200 ? sample.body : undefined;
      });
      expect(JSON.parse(answer)).toMatchObject({ servername: outsideName, path: '/x' });
      expect((await ask(wrongName))?.status).toBe(503);
      // It was the name: once the rule allows the one that the certificate has, the same server will do.
      await mesh.apply('row.yaml', originated(`${join(folder, 'ca.pem')}, subjectAltNames: [${outsideName}]`));
      const allowed = await until('the other name answers', async () => {
        const sample = await ask(wrongName);
        return sample?.status === 200 ? sample.body : undefined;
      });
      expect(JSON.parse(allowed)).toMatchObject({ servername: wrongName });
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
      await rm(folder, { recursive: true });
    }
  });

  test('what leaves goes by the egress gateway', async () => {
    await mesh.apply('row.yaml', byEgress);
    try {
      const seen = async () => {
        const { samples } = await mesh.load('default/client', { url: `http://${outsideName}/x` });
        return samples[0]?.status === 200 ? (JSON.parse(samples[0].body) as { from: string }).from : undefined;
      };
      // DNS of a cluster that is new takes its time.
      expect(await until('the host answers', seen)).toContain(mesh.pod('default/istio-egressgateway').ip ?? '-');
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });

  test('DYNAMIC_DNS: a host is looked up when it is called, whatever address the app knows', async () => {
    const nowhere = '192.0.2.77';
    const ask = async (host: string) =>
      (await mesh.load('default/client', { url: `http://${nowhere}/x`, headers: { host } })).samples[0];
    const from = (answer: { readonly body: string } | undefined) =>
      JSON.parse(answer?.body ?? '{}') as { from?: string; host?: string };
    try {
      await mesh.apply('row.yaml', lookedUp);
      expect(from(await ask(outsideName))).toMatchObject({ host: outsideName });
      expect(from(await ask(wrongName))).toMatchObject({ host: wrongName });
      expect((await ask('missing.example.com'))?.status).toBe(503);
      // A server listens there, but the caller does not choose the port.
      expect((await ask(`${outsideName}:7070`))?.status).toBe(404);
      expect((await ask(`${outsideName}:80`))?.status).toBe(200);
      expect(await tls(`https://${outsideName}/y --resolve ${outsideName}:443:${nowhere}`)).toContain(
        `"servername":"${outsideName}"`,
      );
      await mesh.apply('row.yaml', `${lookedUp}${lookedUpByEgress}`);
      // An acknowledged listener is not yet one that every thread of the gateway takes connections at.
      const answer = await until('the gateway listens', async () => {
        const found = await ask(outsideName);
        return found?.status === 200 ? found : undefined;
      });
      expect(from(answer).from).toContain(mesh.pod('default/istio-egressgateway').ip ?? '-');
      expect((await ask(`${outsideName}:7070`))?.status).toBe(404);
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });

  test('AUTO_PASSTHROUGH: mutual TLS goes through the gateway to the service that its server name says', async () => {
    const gateway = mesh.pod('default/istio-ingressgateway').ip ?? '-';
    const ask = async () =>
      (await mesh.load('default/client', { url: 'http://192.0.2.80/headers', headers: { host: 'remote.example' } }))
        .samples[0];
    try {
      await mesh.apply('row.yaml', fromAfar(gateway, '80'));
      const answer = await ask();
      expect(answer?.status).toBe(200);
      // The server's proxy saw the client's certificate, not one of the gateway.
      expect(answer?.body).toContain('URI=spiffe://cluster.local/ns/default/sa/client');
      await mesh.apply('row.yaml', fromAfar(gateway, '81'));
      expect((await ask())?.status).toBe(503);
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });

  test('REGISTRY_ONLY: only what is declared', async () => {
    await mesh.apply('row.yaml', `${declared}${registryOnly}`);
    try {
      const ask = async (url: string) => (await mesh.load('default/client', { url, n: 2 })).statuses;
      expect(await ask(`http://${outsideName}/x`)).toEqual({ 200: 2 });
      expect(await ask('http://myapp/headers')).toEqual({ 200: 2 });
      expect(await ask(`http://${ip}:80/x`)).toEqual({ 502: 2 });
      expect(await ask(`http://${ip}:7070/x`)).toEqual({ 0: 2 });
      expect(await tls(`https://${outsideName}/y`)).toContain('"path":"/y"');
      expect(await tls(`https://other.example.com/y --resolve other.example.com:443:${ip}`)).toContain('failed');
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });

  test('a Sidecar that came and went leaves no routes of its time', async () => {
    const statuses = async () => (await mesh.load('default/client', { url: 'http://myapp/headers', n: 2 })).statuses;
    expect(await statuses()).toEqual({ 200: 2 });
    await mesh.apply('sidecar.yaml', everything);
    try {
      expect(await statuses()).toEqual({ 200: 2 });
      await mesh.remove('sidecar.yaml');
      expect(await statuses()).toEqual({ 200: 2 });
      await mesh.apply('row.yaml', answers(411));
      expect(await statuses()).toEqual({ 411: 2 });
      await mesh.apply('sidecar.yaml', everything);
      await mesh.apply('row.yaml', answers(412));
      expect(await statuses()).toEqual({ 412: 2 });
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('sidecar.yaml');
      await mesh.remove('row.yaml');
    }
  });

  test('MUTUAL and OPTIONAL_MUTUAL ask who a client is, with insecureSkipVerify anyone will do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outrigger-clients-'));
    const clients = { friend, stranger: selfSigned('stranger.example.com') };
    for (const [name, { certificate: shown, key }] of Object.entries(clients)) {
      await writeFile(join(folder, `${name}.crt`), shown);
      await writeFile(join(folder, `${name}.key`), key);
    }
    const port = mesh.playground.forwards.get(443) ?? 0;
    const statusOf = async (client: string) => {
      const shown = client === 'nobody' ? '' : `--cert ${folder}/${client}.crt --key ${folder}/${client}.key`;
      const where = `--connect-to myapp.example.com:443:127.0.0.1:${port} https://myapp.example.com/headers`;
      return await host(`curl -sk --max-time 5 -o /dev/null -w '%{http_code}' ${shown} ${where}`);
    };
    const expected = {
      'mode: MUTUAL': { friend: '200', stranger: '000', nobody: '000' },
      'mode: OPTIONAL_MUTUAL': { friend: '200', stranger: '000', nobody: '200' },
      'mode: MUTUAL, insecureSkipVerify: true': { friend: '200', stranger: '200', nobody: '000' },
      'mode: OPTIONAL_MUTUAL, insecureSkipVerify: true': { friend: '200', stranger: '200', nobody: '200' },
    };
    try {
      for (const [tls, wanted] of Object.entries(expected)) {
        await mesh.apply('row.yaml', `${mutual(tls)}${secret(selfSigned('myapp.example.com'))}`);
        // A listener goes on with what it has until the next one is warm.
        await until(`${tls}: ${JSON.stringify(wanted)}`, async () => {
          for (const [client, status] of Object.entries(wanted))
            if ((await statusOf(client)) !== status) return undefined;
          return true;
        });
      }
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
      await rm(folder, { recursive: true });
    }
  });

  test.skipIf(exampleNames().length === 0)('004-03: HTTPS at the gateway, also after the secret rotates', async () => {
    const [first, second] = [selfSigned('myapp.example.com'), selfSigned('myapp.example.com')];
    const file = example('004-03-gateway-virtualservice.yaml');
    const port = mesh.playground.forwards.get(443) ?? 0;
    const args = `--connect-to myapp.example.com:443:127.0.0.1:${port} https://myapp.example.com/headers`;
    const ask = async () => await host(`curl -sk --max-time 5 -v ${args} 2>&1`);
    await mesh.apply('row.yaml', `${file}\n---\n${secret(first)}`);
    try {
      expect(await until('the gateway answers', async () => answered(await ask()))).toContain('x-app-version: v1');
      const serials = async () =>
        await host(
          `echo | openssl s_client -connect 127.0.0.1:${port} -servername myapp.example.com 2>/dev/null | openssl x509 -noout -fingerprint`,
        );
      const before = await serials();
      await mesh.apply('row.yaml', `${file}\n---\n${secret(second)}`);
      await until('the new certificate is served', async () => ((await serials()) !== before ? true : undefined));
      expect(await ask()).toContain('x-app-version: v1');
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });
});

/** A gateway for clients with certificates: whose, `tls` says. */
const mutual = (tls: string) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: mutual, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [myapp.example.com], tls: {credentialName: myapp-tls, ${tls}}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: mutual, namespace: default}
spec: {hosts: [myapp.example.com], gateways: [mutual], http: [{route: [{destination: {host: myapp, port: {number: 80}}}]}]}
---
apiVersion: v1
kind: Secret
metadata: {name: myapp-tls-cacert, namespace: default}
data: {ca.crt: ${Buffer.from(friend.certificate).toString('base64')}}
---`;

const answered = (text: string): string | undefined => (text.includes('x-app-version') ? text : undefined);

async function host(command: string): Promise<string> {
  const { execFile } = await import('node:child_process');
  return await new Promise((resolve) => execFile('sh', ['-c', command], (_, out) => resolve(out)));
}
