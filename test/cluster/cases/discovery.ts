import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { crdFolder } from '../../../src/schema/generate-crds.ts';
import type { Message } from '../../../src/xds/resource.ts';
import { type AdsClient, connectAds } from '../ads-client.ts';
import type { ApiObject } from '../api.ts';
import { freePorts, waitFor } from '../child.ts';
import { makeNamespace, podOf, podsPath } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { installMesh, type Mesh } from '../mesh.ts';
import { apiFaultCases } from './api-faults.ts';
import { envoyCases } from './discovery-envoy.ts';
import { learningCases } from './learning.ts';
import { machineCases } from './machines.ts';
import { rootCases } from './roots.ts';

const crdsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const space = 'discovery';
/** Everything is sent at once: this client asks for nothing on first use. */
const eager = { 'proxy.outrigger.io/delivery': 'eager' };

const service = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: ${space}}
spec: {ports: [{name: http, port: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: ${space}, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints: [{addresses: [10.9.9.1], conditions: {ready: true}}]
`;
const rule = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: ${space}}
spec:
  hosts: [web]
  http:
    - match: [{uri: {prefix: /from-kubectl}}]
      rewrite: {uri: /}
      route: [{destination: {host: web}}]
    - route: [{destination: {host: web}}]
`;

/** The real program with the rights of its service account, and proxies that connect to it. Starts without CRDs. */
export function discoveryCases(cluster: () => Cluster): void {
  describe('discovery in a cluster', () => {
    let mesh: Mesh;
    let port = 0;
    const clients: AdsClient[] = [];
    const { api, kubectl } = {
      api: () => cluster().api,
      kubectl: (args: string[], input?: string) => cluster().kubectl(args, input === undefined ? {} : { input }),
    };

    let ours = false;
    beforeAll(async () => {
      // They are deleted at the end, and the resources of a user's cluster would go along.
      const { items: present = [] } = await api().must('GET', crdsPath);
      if (present.some((item) => item.metadata?.name?.endsWith('.istio.io')))
        throw new Error('the cluster has CRDs of Istio already: use one without');
      ours = true;
      mesh = await installMesh(cluster(), { meshRoot: false });
      [port = 0] = await freePorts(1);
      await mesh.start(['--set', `discovery.port=${port}`]);
      await makeNamespace(cluster(), space, { labels: { 'istio-injection': 'enabled' } });
    });
    afterEach(() => {
      for (const client of clients.splice(0)) client.close();
    });
    afterAll(async () => {
      await mesh?.uninstall();
      await api().call('DELETE', `/api/v1/namespaces/${space}`);
      if (ours) await kubectl(['delete', '-f', crdFolder, '--wait=true', '--ignore-not-found']);
      await kubectl(['delete', 'configmap', '-A', '-l', 'outrigger.io/mesh-root-of=outrigger-system']);
    });

    const rootsIn = async (namespace: string): Promise<string | undefined> => {
      const answer = await api().call('GET', `/api/v1/namespaces/${namespace}/configmaps/istio-ca-root-cert`);
      return (answer.body['data'] as Record<string, string> | undefined)?.['root-cert.pem'];
    };

    test('without the root of the mesh: admissions go on, readiness and the log say what to do', async () => {
      const probe = async () => {
        const pod = podOf({ name: 'probe' });
        const answer = await api().call('POST', `${podsPath(space)}?dryRun=All`, { body: pod });
        return JSON.stringify(answer.body).includes('istio-proxy') || undefined;
      };
      await waitFor(probe, { what: 'an injection' });
      const logged = async () => (await readFile(mesh.logFile, 'utf8')).match(/OR2206 Secret/g) ?? undefined;
      expect(await waitFor(logged, { what: 'the line in the log' })).toHaveLength(1);
      const { status, body } = await mesh.health();
      expect(status).toBe(200);
      const checks = body['checks'] as { name: string; ok: boolean; notes?: string[] }[];
      expect(checks.find(({ name }) => name === 'discovery')).toMatchObject({
        ok: true,
        notes: [
          expect.stringMatching(/OR2206 Secret outrigger-system\/outrigger-mesh-root is not there.*docs\/security\.md/),
        ],
      });
      expect(await rootsIn(space)).toBeUndefined();
    });

    test('with it the port opens, no CRD being there, and the namespace has the roots', async () => {
      const root = await mesh.meshRoot();
      const opened = async () => (await readFile(mesh.logFile, 'utf8')).includes('discovery port open') || undefined;
      await waitFor(opened, { what: 'the port' });
      const { items = [] } = await api().must('GET', crdsPath);
      expect(items.filter((item) => item.metadata?.name?.endsWith('.istio.io'))).toEqual([]);
      expect((await mesh.health()).body['checks']).toContainEqual({ name: 'discovery', ok: true });
      const there = async () => (await rootsIn(space)) === root.rootsPem || undefined;
      await waitFor(there, { what: 'the ConfigMap' });
    });

    async function makePod(name: string, ip: string): Promise<ApiObject> {
      const pod = podOf({ name, annotations: eager });
      const made = await api().must('POST', podsPath(space), pod);
      await api().call('PATCH', `${podsPath(space)}/${name}/status`, {
        contentType: 'application/merge-patch+json',
        body: { status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] } },
      });
      return made;
    }

    async function tokenFor(pod: ApiObject | undefined, audiences = ['istio-ca']): Promise<string> {
      const bound = { kind: 'Pod', apiVersion: 'v1', name: pod?.metadata?.name, uid: pod?.metadata?.uid };
      const spec = { audiences, expirationSeconds: 600, ...(pod === undefined ? {} : { boundObjectRef: bound }) };
      const path = `/api/v1/namespaces/${space}/serviceaccounts/default/token`;
      const answer = await api().must('POST', path, { spec });
      return String((answer.status as { token?: string } | undefined)?.token);
    }

    async function connect(token: string, name: string): Promise<AdsClient> {
      const rootPem = (await rootsIn(space)) ?? '';
      const client = connectAds({ port, rootPem, token, pod: `${name}.${space}` });
      clients.push(client);
      client.subscribe('cluster');
      return client;
    }

    const has = (client: AdsClient, type: Parameters<AdsClient['resources']>[0], name: string): Promise<Message> =>
      waitFor(() => client.resources(type).get(name), { what: `${type} ${name}`, timeoutMs: 60_000 });
    const outbound = `outbound|8080||web.${space}.svc.cluster.local`;

    test('a pod with its bound token gets clusters, listeners, endpoints, routes and its certificate', async () => {
      const pod = await makePod('client', '10.9.0.1');
      const client = await connect(await tokenFor(pod), 'client');
      client.subscribe('listener');
      client.subscribe('secret', 'default', 'ROOTCA');
      await has(client, 'listener', 'virtualOutbound');
      const secret = (await has(client, 'secret', 'default')) as unknown as Certificate;
      const chain = Buffer.from(secret.tls_certificate.certificate_chain.inline_bytes, 'base64');
      const leaf = new X509Certificate(chain);
      expect(leaf.subjectAltName).toBe(`URI:spiffe://cluster.local/ns/${space}/sa/default`);
      const root = new X509Certificate((await rootsIn(space)) ?? '');
      expect(leaf.verify(root.publicKey)).toBe(true);

      expect((await kubectl(['apply', '-f', '-'], service)).stderr).toBe('');
      await has(client, 'cluster', outbound);
      client.subscribe('endpoint', outbound);
      expect(JSON.stringify(await has(client, 'endpoint', outbound))).toContain('10.9.9.1');
      client.subscribe('route', '8080');
      await has(client, 'route', '8080');

      expect((await kubectl(['apply', '-f', crdFolder])).stderr).toBe('');
      await kubectl(['wait', '--for=condition=Established', '--timeout=60s', '-f', crdFolder]);
      expect((await kubectl(['apply', '-f', '-'], rule)).stderr).toBe('');
      const routed = () => JSON.stringify(client.resources('route').get('8080') ?? '').includes('/from-kubectl');
      await waitFor(() => routed() || undefined, { what: 'the VirtualService', timeoutMs: 60_000 });
      expect(client.status).toBeUndefined();
    });

    test('a token of no pod, of another audience, of a deleted pod or of another pod is refused', async () => {
      const pod = await makePod('victim', '10.9.0.2');
      const gone = await makePod('gone', '10.9.0.3');
      const late = await tokenFor(gone);
      await api().must('DELETE', `${podsPath(space)}/gone?gracePeriodSeconds=0`);
      const token = await tokenFor(pod);
      const refused = {
        OR2409: [await tokenFor(undefined), 'victim'],
        OR2213: [await tokenFor(pod, ['https://kubernetes.default.svc']), 'victim'],
        OR2211: [late, 'gone'],
      } as const;
      for (const [code, [shown, name]] of Object.entries(refused)) {
        const { details } = await (await connect(shown, name)).ended;
        expect([code, details]).toEqual([code, expect.stringContaining(code)]);
      }
      expect((await (await connect(token, 'client')).ended).details).toContain('OR2401');
      expect((await (await connect('nonsense', 'victim')).ended).details).toContain('OR2210');
      const log = await readFile(mesh.logFile, 'utf8');
      expect(log.includes(token) || log.includes(late)).toBe(false);
    });

    test('the API server restarts: streams go on, and what changes afterwards arrives', async ({ skip }) => {
      if (!cluster().owned) return skip('the API server is not ours to stop');
      const pod = await makePod('survivor', '10.9.0.4');
      const token = await tokenFor(pod);
      const client = await connect(token, 'survivor');
      await has(client, 'cluster', outbound);
      client.subscribe('endpoint', outbound);
      await has(client, 'endpoint', outbound);
      await cluster().stopApiServer('SIGKILL');
      const { rootsPem } = await mesh.meshRoot();
      const again = connectAds({ port, rootPem: rootsPem, token, pod: `survivor.${space}` });
      clients.push(again);
      again.subscribe('cluster');
      await has(again, 'cluster', outbound);
      await cluster().startApiServer();
      await kubectl(['apply', '-f', '-'], service.replace('10.9.9.1', '10.9.9.2'));
      const moved = () => JSON.stringify(client.resources('endpoint').get(outbound)).includes('10.9.9.2');
      await waitFor(() => moved() || undefined, { what: 'the other address', timeoutMs: 60_000 });
      expect([client.status, again.status]).toEqual([undefined, undefined]);
    });

    test('etcd is full: pods are injected and proxies served, also after a restart; what waited is written then', async ({
      skip,
    }) => {
      if (!cluster().owned) return skip('the etcd is not ours to fill');
      const pod = await makePod('during', '10.9.0.5');
      const token = await tokenFor(pod);
      const path = '/api/v1/namespaces';
      const late = { metadata: { name: 'after-etcd', labels: { 'istio-injection': 'enabled' } } };
      await cluster().fillEtcd();
      try {
        const refused = await api().call('POST', path, { body: late });
        expect([refused.status, refused.body.message]).toEqual([
          500,
          expect.stringContaining('database space exceeded'),
        ]);
        await mesh.stop('SIGTERM');
        await mesh.start(['--set', `discovery.port=${port}`]);
        const dry = await api().call('POST', `${podsPath(space)}?dryRun=All`, { body: podOf({ name: 'dry' }) });
        expect(JSON.stringify(dry.body)).toContain('istio-proxy');
        const client = await connect(token, 'during');
        await has(client, 'cluster', outbound);
      } finally {
        await cluster().freeEtcd();
      }
      await api().must('POST', path, late);
      const { rootsPem } = await mesh.meshRoot();
      const there = async () => (await rootsIn('after-etcd')) === rootsPem || undefined;
      await waitFor(there, { what: 'the roots of a namespace that came later', timeoutMs: 60_000 });
      expect((await mesh.health()).status).toBe(200);
      await api().call('DELETE', `${path}/after-etcd`);
    });

    envoyCases({ cluster, space, port: () => port, makePod, tokenFor, rootsIn, cluster8080: outbound });
    const move = (address: string) => kubectl(['apply', '-f', '-'], service.replace('10.9.9.1', address));
    const faultWorld = { cluster, mesh: () => mesh, port: () => port, makePod, tokenFor, connect, move };
    apiFaultCases({ ...faultWorld, cluster8080: outbound });
    rootCases({ cluster, mesh: () => mesh, rootsIn });
    learningCases(cluster);
    describe('machines', () => machineCases(cluster));
  });
}

interface Certificate {
  readonly tls_certificate: { readonly certificate_chain: { readonly inline_bytes: string } };
}
