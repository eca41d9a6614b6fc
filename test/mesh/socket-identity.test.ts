import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { idOf, startMesh, type TestMesh } from './fixture.ts';
import { type SdsSocket, startSdsSocket } from './sds-socket.ts';
import { app, namespace } from './world.ts';

/** Proxies that have certificate and roots from a socket in their pod, as SPIRE's agent gives them, in every delivery. */
const envoy = findRequirements();
const spire = { 'proxy.outrigger.io/identity': 'spire' };
const deliveries: Record<string, { sets: string[]; delivery?: string }> = {
  'pushed hosts': { sets: [] },
  'hosts on demand': { sets: ['mesh.pushedHosts=0'] },
  eager: { sets: [], delivery: 'eager' },
};
const strict = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: default}
spec: {mtls: {mode: STRICT}}
---`;
const url = 'http://server:9080/headers';

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))(
  'secrets from a socket, %s',
  (_, { sets, delivery }) => {
    let mesh: TestMesh;
    let socket: SdsSocket;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'or-sds-'));
      chmodSync(folder, 0o755);
      socket = await startSdsSocket(join(folder, 'socket'));
      const annotations = { ...spire, ...(delivery === undefined ? {} : { 'proxy.outrigger.io/delivery': delivery }) };
      const world = [
        namespace('default', 'meshed'),
        app('client', { annotations }),
        app('server', { annotations }),
        app('outsider'),
        strict,
      ];
      const manifests = { 'world.yaml': world.join('') };
      mesh = await startMesh({ envoy: envoy ?? '', manifests, sets, csi: { 'csi.spiffe.io': folder } });
    });
    afterAll(async () => {
      await mesh?.stop();
      socket?.stop();
      if (folder !== undefined) rmSync(folder, { recursive: true });
    });

    const certificates = (id: string) => mesh.admin(id, '/certs');

    test('calls go by mutual TLS with certificates of the socket, and with none of ours', async () => {
      const answer = await mesh.shell('default/client', `curl -s --max-time 5 ${url}`);
      expect(answer).toContain('URI=spiffe://cluster.local/ns/default/sa/client');
      expect([...socket.asked].sort()).toEqual(['ROOTCA', 'default']);
      const theirs = new X509Certificate(socket.rootsPem).serialNumber.toLowerCase();
      const ours = new X509Certificate(mesh.playground.controlPlane.rootPem).serialNumber.toLowerCase();
      for (const id of ['default/client', 'default/server']) {
        const known = (await certificates(id)).toLowerCase();
        expect(known).toContain(theirs);
        // The one that the stream of the control plane is trusted by stays ours.
        const { certificates: listed } = JSON.parse(known) as {
          certificates: { ca_cert: object[]; cert_chain: object[] }[];
        };
        const own = listed.filter(({ cert_chain: chain }) => chain.length > 0);
        expect(own.length).toBeGreaterThan(0);
        expect(JSON.stringify(own)).not.toContain(ours);
      }
    });

    test('a proxy says which endpoints it has ejected by its token, as with a certificate of ours', async () => {
      expect(await mesh.endpointsLeft(idOf(mesh, 'client'))).toMatchObject({ endpoints: [], total: 0 });
    });

    test('who has the certificates of another root is not let in', async () => {
      const load = { url, n: 5, timeoutMs: 3000 };
      expect((await mesh.load('default/outsider', load)).statuses).toEqual({ 503: 5 });
      expect((await mesh.load('default/client', load)).statuses).toEqual({ 200: 5 });
    });

    test('the socket renews them under load: no request fails', async () => {
      const before = await certificates('default/server');
      const load = mesh.load('default/client', { url, forMs: 4000, rate: 100, headers: { connection: 'close' } });
      await socket.renew();
      await until(
        'the server has a new one',
        async () => (await certificates('default/server')) !== before || undefined,
      );
      const { statuses, errors } = await load;
      expect({ statuses: Object.keys(statuses), errors }).toEqual({ statuses: ['200'], errors: {} });
    });

    test('a rotation of our root has nothing to wait for there', async () => {
      const report = await mesh.control().composition.mesh?.rootReport();
      const states = report?.proxies.map(({ proxy, roots }) => `${proxy.split('-')[0]} ${roots.state}`);
      expect(states?.sort()).toEqual([
        'default/client not asked for',
        'default/outsider held',
        'default/server not asked for',
      ]);
      expect(mesh.rejections).toEqual([]);
      expect(mesh.problems).toEqual([]);
    });
  },
);

describe.skipIf(envoy === undefined)('two roots that trust each other (mesh.caCertificates)', () => {
  let mesh: TestMesh;
  let socket: SdsSocket;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'or-sds-'));
    chmodSync(folder, 0o755);
    socket = await startSdsSocket(join(folder, 'socket'));
    const world = [
      namespace('default', 'meshed'),
      app('client', { annotations: spire }),
      app('server'),
      app('other', { annotations: spire }),
      strict,
    ];
    const sets = [`mesh.caCertificates=${JSON.stringify([{ pem: socket.rootsPem }])}`];
    const manifests = { 'world.yaml': world.join('') };
    mesh = await startMesh({ envoy: envoy ?? '', manifests, sets, csi: { 'csi.spiffe.io': folder } });
  });
  afterAll(async () => {
    await mesh?.stop();
    socket?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  test('both sides have to trust the other: then calls go both ways by mutual TLS', async () => {
    const ask = (from: string, to: string) =>
      mesh.shell(`default/${from}`, `curl -s --max-time 5 -w '\n%{http_code}' http://${to}:9080/headers`);
    // Our proxies trust the other root; its proxies do not trust ours yet.
    expect(await ask('client', 'server')).toMatch(/503$/);
    expect(await ask('server', 'other')).toMatch(/503$/);
    socket.trust(mesh.playground.controlPlane.rootPem);
    await socket.renew();
    await until('the one calls the other', async () => /200$/.test(await ask('client', 'server')) || undefined);
    await until('the other calls the one', async () => /200$/.test(await ask('server', 'other')) || undefined);
    expect(await ask('client', 'server')).toContain('URI=spiffe://cluster.local/ns/default/sa/client');
    expect(await ask('server', 'other')).toContain('URI=spiffe://cluster.local/ns/default/sa/server');
    const { issuer } = (await mesh.control().composition.mesh?.rootReport()) ?? {};
    const server = (await mesh.control().composition.mesh?.rootReport())?.proxies.find(({ proxy }) =>
      proxy.startsWith('default/server'),
    );
    // A rotation compares the roots of the mesh alone.
    expect(server?.roots.fingerprints).toEqual([issuer?.fingerprint]);
    expect(mesh.rejections).toEqual([]);
  });
});
