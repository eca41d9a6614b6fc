import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPod, listPods, nameOf } from '../../cluster-access/pods.ts';
import { podPorts } from '../../cluster-access/port-forward.ts';
import { forwardedAdmin } from '../../cluster-access/proxy-admin.ts';
import { createConnection } from '../../source/kubernetes/connection.ts';
import { createCredentials } from '../../source/kubernetes/credentials.ts';
import type { SourceObject } from '../../source/object-source.ts';
import { dialInNamespace } from './dial-in-namespace.ts';
import { KubeApi } from './kube-api.ts';
import { parseApiPath } from './list-objects.ts';

function pod(namespace: string, name: string, deployment: string, phase = 'Running'): SourceObject {
  const place = { kind: 'Pod', namespace, name };
  const labels = { app: deployment, 'pod-template-hash': 'abc' };
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${deployment}-abc`, controller: true };
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, ownerReferences: [owner] },
    status: { phase },
  };
  return { apiVersion: 'v1', ...place, object, origin: place };
}

const objects = [
  pod('default', 'web-abc-1', 'web', 'Pending'),
  pod('default', 'web-abc-2', 'web'),
  pod('shop', 'cart.v1', 'cart'),
];
/** A megabyte that tells when a byte of it is lost. */
const big = JSON.stringify({ list: Array.from({ length: 100_000 }, (_, index) => index * 7) });

describe('the API of the playground', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-kube-api-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const admin = createServer((request, response) =>
    response.end(request.url === '/big' ? big : `${request.method} ${request.url}`),
  );
  const dials: string[] = [];
  const api = new KubeApi({
    kubeconfig,
    objects: () => objects,
    dial: async ({ namespace, name }, port) => {
      dials.push(`${namespace}/${name}:${port}`);
      if (name === 'lost') throw new Error('it does not run');
      if (name === 'inside') return dialInNamespace((command) => ['env', ...command], portOf());
      return connect(portOf(), '127.0.0.1');
    },
  });
  const portOf = () => (admin.address() as AddressInfo).port;
  const connection = createConnection(createCredentials({ kubeconfig }));
  beforeAll(async () => {
    await new Promise<void>((resolve) => admin.listen(0, '127.0.0.1', resolve));
    await api.start();
  });
  afterAll(() => {
    api.stop();
    admin.close();
    rmSync(folder, { recursive: true });
  });
  const adminOf = (name: string) => forwardedAdmin(podPorts({ kubeconfig }), { namespace: 'default', name });

  test('the kubeconfig is for its owner, and another token is refused', async () => {
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    const forged = join(folder, 'forged');
    writeFileSync(
      forged,
      readFileSync(kubeconfig, 'utf8')
        .replace(/"token": ".."/, '"token": "xx"')
        .replace(/[0-9a-f]{40}/, 'f'.repeat(40)),
    );
    const other = createConnection(createCredentials({ kubeconfig: forged }));
    expect(await other.json({ method: 'GET', path: '/api/v1/pods' })).toMatchObject({ status: 401 });
    const ports = podPorts({ kubeconfig: forged });
    await expect(ports.open('default', 'web-abc-2', 15_000)).rejects.toMatchObject({ code: 'OR2532' });
  });

  test('lists by namespace and label, single objects, and nothing else', async () => {
    expect((await listPods(connection, '')).map(nameOf)).toHaveLength(3);
    expect((await listPods(connection, 'default', 'app=web')).map(nameOf)).toHaveLength(2);
    expect(await listPods(connection, 'default', 'app=other')).toEqual([]);
    const get = (path: string) => connection.json({ method: 'GET', path });
    expect(await get('/api/v1/namespaces/shop/pods/cart.v1')).toMatchObject({
      status: 200,
      body: { kind: 'Pod', metadata: { namespace: 'shop' } },
    });
    expect(await get('/api/v1/namespaces/shop/pods/cart')).toMatchObject({ status: 404 });
    expect(await get('/apis/apps/v1/pods')).toMatchObject({ status: 200, body: { items: [] } });
    expect(await get('/version')).toMatchObject({ status: 404 });
    expect(await connection.json({ method: 'POST', path: '/api/v1/pods', body: {} })).toMatchObject({ status: 405 });
    expect(parseApiPath('/api/v1/namespaces/a/pods/b/portforward')).toMatchObject({
      namespace: 'a',
      name: 'b',
      subresource: 'portforward',
    });
    expect(parseApiPath('/api/v1/namespaces/a')).toMatchObject({ plural: 'namespaces', name: 'a' });
  });

  test('a pod by its name, with its namespace, by what owns it; another is said to be missing', async () => {
    const found = async (text: string, namespace = 'default') =>
      nameOf(await findPod(connection, { text, namespace })).name;
    expect(await found('web-abc-1')).toBe('web-abc-1');
    expect(await found('web-abc-1.default', 'shop')).toBe('web-abc-1');
    expect(await found('deploy/web')).toBe('web-abc-2');
    expect(await found('rs/web-abc')).toBe('web-abc-2');
    expect(await found('cart.v1', 'shop')).toBe('cart.v1');
    expect(await found('cart.v1.shop')).toBe('cart.v1');
    await expect(found('web-abc-3')).rejects.toThrow('did you mean web-abc-');
    await expect(found('deploy/none')).rejects.toMatchObject({ code: 'OR2531' });
    await expect(found('svc/web')).rejects.toThrow('svc is no kind that has pods');
  });

  test('ports of pods are forwarded, whole', async () => {
    expect(await adminOf('web-abc-2').post('/logging')).toBe('POST /logging');
    expect(dials).toContain('default/web-abc-2:15000');
    const answers = await Promise.all(Array.from({ length: 20 }, () => adminOf('web-abc-2').get('/big')));
    expect(new Set(answers)).toEqual(new Set([big]));
    expect(await adminOf('inside').get('/big')).toBe(big);
  });

  test('a pod that cannot be reached says why', async () => {
    await expect(adminOf('lost').get('/')).rejects.toThrow('OR2532 port 15000 of default/lost: it does not run');
  });
});
