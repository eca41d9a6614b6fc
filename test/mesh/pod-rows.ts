import { expect } from 'vitest';
import type { Container, Pod } from '../../src/model/pod.ts';
import { until } from '../envoy/condition.ts';
import type { ExampleRow } from './example-rows.ts';
import type { TestMesh } from './fixture.ts';
import { app, namespace } from './world.ts';

/** Only a client: the files bring the rest. */
export const podWorld = [namespace('default', 'meshed'), app('client')].join('');

async function admitted(mesh: TestMesh, id: string): Promise<Pod> {
  return await until(`${id} is admitted`, () => {
    const [where = '', name = ''] = id.split('/');
    return mesh.playground.pod(where, name)?.pod;
  });
}

function proxyOf({ spec }: Pod): Container | undefined {
  return [...(spec.initContainers ?? []), ...spec.containers].find(({ name }) => name === 'istio-proxy');
}

async function injected(mesh: TestMesh, id: string): Promise<Container> {
  return await until(`${id} is injected`, async () => {
    const proxy = proxyOf(await admitted(mesh, id));
    return proxy?.args === undefined ? undefined : proxy;
  });
}

async function fails(mesh: TestMesh, url: string): Promise<void> {
  const { statuses } = await mesh.load('default/client', { url, n: 3 });
  expect(statuses).toEqual({ 503: 3 });
}

const annotated = `
apiVersion: v1
kind: Pod
metadata: {name: annotated, labels: {sidecar.istio.io/inject: "true"}}
spec: {containers: [{name: app, image: any}]}
---`;

export const podRows: readonly ExampleRow[] = [
  {
    file: '003-16-namespace.yaml',
    does: 'the proxies of the namespace get the resources that it asks for',
    with: annotated,
    check: async (mesh) => {
      const proxy = await injected(mesh, 'default/annotated');
      expect(proxy.resources).toEqual({ requests: { cpu: '100m', memory: '128Mi' } });
    },
  },
  {
    file: '002-05-pod-resources.yaml',
    does: 'the proxy gets the resources that the pod asks for it, the other pod no proxy',
    check: async (mesh) => {
      const proxy = await injected(mesh, 'default/checkout');
      expect(proxy.resources).toEqual({
        requests: { cpu: '100m', memory: '512Mi' },
        limits: { cpu: '2000m', memory: '1Gi' },
      });
      const other = await admitted(mesh, 'default/checkout-unmeshed');
      expect(proxyOf(other)).toBeUndefined();
    },
  },
  {
    file: '003-01-pod.yaml',
    does: 'a bare pod is injected',
    check: async (mesh) => {
      expect((await injected(mesh, 'default/my-app')).name).toBe('istio-proxy');
    },
  },
  {
    file: '003-02-pod.yaml',
    does: "a proxy of the pod's own is taken over",
    check: async (mesh) => {
      const proxy = await injected(mesh, 'default/my-app');
      expect(proxy.image).not.toContain('istio/proxyv2');
    },
  },
  {
    file: ['003-03-service-deployment.yaml', '003-08-deployment.yaml'],
    does: 'pods are injected; nothing listens where the service sends to',
    check: async (mesh) => {
      await injected(mesh, 'default/backend');
      await injected(mesh, 'default/backend-v2');
      await fails(mesh, 'http://backend:8080/');
    },
  },
  {
    file: '003-04-service-deployment.yaml',
    does: 'the pod is injected; nothing listens where the service sends to',
    check: async (mesh) => {
      await injected(mesh, 'default/frontend');
      await fails(mesh, 'http://frontend:8080/');
    },
  },
];
