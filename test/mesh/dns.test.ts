import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { type ChildControlPlane, startChildControlPlane } from './child-control-plane.ts';
import { onDemandAndEager } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, namespace } from './world.ts';

/** Pods whose DNS is captured ask the control plane, and their own resolver while it does not answer. */
const envoy = findRequirements();

const captured = {
  'proxy.istio.io/config': JSON.stringify({ proxyMetadata: { ISTIO_META_DNS_CAPTURE: 'true' } }),
};
const many = Array.from({ length: 60 }, (_, i) => `10.77.0.${i + 1}`);

const entry = (name: string, spec: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}}
spec: ${spec}
---`;

const world = [
  namespace('default', 'meshed'),
  namespace('shop', 'meshed'),
  app('client', { annotations: captured }),
  app('plain'),
  app('store', { namespace: 'shop' }),
  app('pods', { headless: true, replicas: 2 }),
  entry(
    'virtual',
    `{hosts: [virtual.example.com], resolution: STATIC, location: MESH_INTERNAL, ports: [{number: 9080, name: http, protocol: HTTP}], workloadSelector: {labels: {app: plain}}}`,
  ),
  entry(
    'wild',
    '{hosts: ["*.wild.example"], addresses: [10.66.0.1], resolution: NONE, ports: [{number: 80, name: http, protocol: HTTP}]}',
  ),
  entry(
    'many',
    `{hosts: [many.example.com], addresses: [${many.join(', ')}], resolution: STATIC, endpoints: [{address: 10.1.1.1}], ports: [{number: 80, name: http, protocol: HTTP}]}`,
  ),
  entry(
    'elsewhere',
    '{hosts: [hidden.example.com], exportTo: ["shop"], addresses: [10.66.0.2], resolution: NONE, ports: [{number: 80, name: http, protocol: HTTP}]}',
  ),
].join('');

/** What Node's own resolver, c-ares, says: it tells NODATA from NXDOMAIN. */
const ask = (name: string, type: string) =>
  `const d=require('dns').promises;new d.Resolver().resolve('${name}','${type}').then((r)=>console.log(r.flat().sort().join(' ')),(e)=>console.log(e.code))`;

describe.skipIf(envoy === undefined).each(Object.entries(onDemandAndEager))('%s', (_, sets) => {
  let mesh: TestMesh;
  let control: ChildControlPlane;
  beforeAll(async () => {
    mesh = await startMesh({
      envoy: envoy ?? '',
      manifests: { 'world.yaml': world },
      hosts: { 'outside.example.com': ['192.0.2.7'] },
      startControlPlane: async (options) => {
        control = await startChildControlPlane(options, sets);
        return control;
      },
    });
    await until(
      'the mesh answers',
      async () => (await resolve('virtual.example.com', 'A')).startsWith('240.') || undefined,
      30,
    );
  });
  afterAll(() => mesh?.stop());

  const resolve = async (name: string, type: string, pod = 'client') =>
    (await mesh.shell(`default/${pod}`, `node -e "${ask(name, type)}"`)).trim();
  const answers = (name: string, type: string) =>
    expect.poll(() => resolve(name, type), { timeout: 30_000, interval: 300 });
  const getent = (database: string, name: string) =>
    mesh.shell('default/client', `getent ${database} ${name} || echo none`);

  test('names of ServiceEntries: allocated addresses, NODATA, wildcards, what is not exported', async () => {
    expect(await resolve('virtual.example.com', 'A')).toMatch(/^240\.240\.\d+\.\d+$/);
    expect(await resolve('virtual.example.com', 'AAAA')).toMatch(/^2001:2::[0-9a-f]+$/);
    expect(await resolve('virtual.example.com', 'TXT')).toBe('ENODATA');
    expect(await resolve('a.wild.example', 'A')).toBe('10.66.0.1');
    expect(await resolve('a.wild.example', 'AAAA')).toBe('ENODATA');
    expect(await resolve('hidden.example.com', 'A')).toBe('ENOTFOUND');
    expect(await resolve('virtual.example.com', 'A', 'plain')).toBe('ENOTFOUND');
    expect((await resolve('many.example.com', 'A')).split(' ')).toEqual([...many].sort());
  });

  test('Services of any namespace by each of their names, pods of headless ones, names of outside', async () => {
    const address = await resolve('store.shop.svc.cluster.local', 'A');
    expect(address).toMatch(/^10\./);
    for (const name of ['store.shop', 'store.shop.svc']) {
      expect(await resolve(name, 'A')).toBe(address);
      expect(await getent('ahostsv4', name)).toContain(address);
    }
    expect(await getent('ahostsv4', 'store')).toContain('none');
    await answers('pods.default.svc.cluster.local', 'A').toMatch(/^10\.\S+ 10\.\S+$/);
    expect(await resolve('outside.example.com', 'A')).toBe('192.0.2.7');
    expect(await resolve('nobody.example.com', 'A')).toBe('ENOTFOUND');
  });

  test('getent takes the search domains of the pod, and a request goes by the name', async () => {
    expect(await getent('ahostsv4', 'virtual.example.com')).toMatch(/^240\.240\./);
    expect(await getent('ahostsv6', 'virtual.example.com')).toContain('2001:2::');
    const { samples } = await mesh.load('default/client', { url: 'http://virtual.example.com:9080/' });
    expect(samples[0]?.status).toBe(200);
  });

  test('frozen and dead: the resolver of the pod answers; back again, the mesh does', async () => {
    control.freeze();
    try {
      await answers('outside.example.com', 'A').toBe('192.0.2.7');
      await answers('virtual.example.com', 'A').toBe('ENOTFOUND');
      expect(await getent('ahostsv4', 'store.shop')).toMatch(/^10\./);
    } finally {
      control.thaw();
    }
    await answers('virtual.example.com', 'A').toMatch(/^240\.240\./);
    await control.kill();
    await answers('virtual.example.com', 'A').toBe('ENOTFOUND');
    expect(await resolve('outside.example.com', 'A')).toBe('192.0.2.7');
    await control.restart();
    await answers('virtual.example.com', 'A').toMatch(/^240\.240\./);
    expect(control.log.filter((line) => line.includes('OR2010'))).toEqual([]);
    expect(mesh.problems).toEqual([]);
  });
});
