import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { deliveries } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { firstLine } from './lines.ts';
import { raiseWall } from './wall.ts';
import { app, gatewayPod, namespace } from './world.ts';

/**
 * Two networks with a wall between them, each with a gateway that stands in front of it: pods of one call those of the other
 * through the gateway alone, by mutual TLS from end to end.
 */
const envoy = findRequirements();

const inNetwork = (network: string) => ({ 'topology.istio.io/network': network });
const ports = [
  { port: 9080, name: 'http', speaks: 'http' },
  { port: 9084, name: 'tcp-first', speaks: 'tcp-first' },
];
/** By the templates of pods, whose labels count; the egress gateway of the fixture stands before the first network. */
const gatewayIn = (name: string, network: string) =>
  gatewayPod(name).replace('inject: "true"}', `inject: "true", topology.istio.io/network: ${network}}`);

const world = [
  namespace('default', 'meshed'),
  app('client', {
    labels: { v1: inNetwork('n1') },
    annotations: { 'proxy.istio.io/config': JSON.stringify({ proxyMetadata: { ISTIO_META_DNS_CAPTURE: 'true' } }) },
  }),
  app('caller', { labels: { v1: inNetwork('n2') } }),
  app('server', {
    ports,
    versions: ['near', 'far'],
    replicas: 2,
    labels: { near: inNetwork('n1'), far: inNetwork('n2') },
  }),
  gatewayIn('egressgateway', 'n1'),
  gatewayIn('ingressgateway', 'n2'),
  ...['egressgateway', 'ingressgateway'].map(
    (name) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: crossing-${name}, namespace: default}
spec:
  selector: {istio: ${name}}
  servers: [{port: {number: 443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ["*.local"]}]
---`,
  ),
].join('');

const leading = (network: string, address: string) => `
apiVersion: v1
kind: Service
metadata:
  name: to-${network}
  namespace: default
  labels: {topology.istio.io/network: ${network}, networking.istio.io/gatewayPort: "8443"}
spec: {ports: [{name: tls, port: 8443}]}
status: {loadBalancer: {ingress: [{ip: ${address}}]}}
---`;

const rule = (tls: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: server, namespace: default}
spec: {host: server, trafficPolicy: {tls: {mode: ${tls}}}, subsets: [{name: far, labels: {version: far}}]}
---`;

const toSubset = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: server, namespace: default}
spec:
  hosts: [server]
  http: [{match: [{uri: {prefix: /headers}}], route: [{destination: {host: server, subset: far}}]}]
---`;

/** Pods of both networks by their own addresses. */
const headless = `
apiVersion: v1
kind: Service
metadata: {name: pods, namespace: default}
spec: {clusterIP: None, selector: {app: server}, ports: [{name: http, port: 9080}]}
---`;

const url = 'http://server:9080/headers';

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (_, sets) => {
  let mesh: TestMesh;
  let lower = (): void => {};
  const address = (id: string) => mesh.pod(id).ip ?? '-';
  const gatewayOf = { n1: 'default/istio-egressgateway', n2: 'default/istio-ingressgateway' } as const;

  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, sets });
    // Nothing is in the way yet, and each is called by its address.
    for (const from of ['default/client', 'default/caller']) expect(await versions(from)).toBe('far,near');
    const pods = (labels: string) =>
      [...mesh.snapshot().workloads.values()]
        .filter(({ network, role }) => network === labels && role === 'sidecar')
        .flatMap(({ ips }) => ips);
    lower = raiseWall(`wall_${process.pid}`, pods('n1'), pods('n2'));
  });
  afterAll(async () => {
    lower();
    await mesh?.stop();
  });

  const versions = async (from: string) => {
    const { versions: found } = await mesh.load(from, { url, n: 40, concurrency: 4 });
    return Object.keys(found).sort().join();
  };

  test('without a gateway that is known, the wall is in the way', async () => {
    // Connections of the time before are reset first.
    await until('the near ones answer', async () => ((await versions('default/client')) === 'near' ? true : undefined));
    await until('those near the other answer', async () =>
      (await versions('default/caller')) === 'far' ? true : undefined,
    );
    expect(mesh.rejections).toEqual([]);
  });

  test('through the gateway, HTTP and TCP, with the identity of the client and the weight of all behind it', async () => {
    await mesh.apply('row.yaml', leading('n2', address(gatewayOf.n2)));
    try {
      expect(
        await until('both answer', async () => ((await versions('default/client')) === 'far,near' ? true : undefined)),
      ).toBe(true);
      const far = await until('one of the far answers', async () => {
        const { samples, statuses } = await mesh.load('default/client', { url, n: 3 });
        expect(statuses).toEqual({ 200: 3 });
        return samples.find(({ headers }) => headers['x-app-version'] === 'far');
      });
      expect(far.body).toContain('URI=spiffe://cluster.local/ns/default/sa/client');
      const clusters = await mesh.admin('default/client', '/clusters');
      const place = `outbound|9080||server.default.svc.cluster.local::${address(gatewayOf.n2)}:8443`;
      expect(clusters).toContain(`${place}::weight::2`);
      // Pods of the other network are not called by their addresses.
      for (const { ips, labels } of mesh.snapshot().workloads.values())
        if (labels.app === 'server' && labels.version === 'far') expect(clusters).not.toContain(`::${ips[0]}:9080::`);
      // Nor does the gateway pass on to what is not in its network, although no gateway leads there.
      const passing = await mesh.admin(gatewayOf.n2, '/clusters');
      for (const { ips, labels } of mesh.snapshot().workloads.values())
        if (labels.app === 'server') expect(passing.includes(`::${ips[0]}:9080::`)).toBe(labels.version === 'far');
      const lines = new Set<string>();
      await until(
        'bytes come from both',
        async () => {
          lines.add(await firstLine(mesh, 'default/client', 'server', 9084));
          return ['far', 'near'].every((version) => [...lines].some((line) => line.includes(version))) || undefined;
        },
        30,
      );
      // Its own network calls it as before, and the other one's pods by their addresses, for nobody leads there.
      expect(await versions('default/caller')).toBe('far');
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });

  test('both ways; a gateway sends nothing on to another gateway', async () => {
    const { n1, n2 } = gatewayOf;
    await mesh.apply('row.yaml', `${leading('n1', address(n1))}${leading('n2', address(n2))}`);
    try {
      for (const from of ['default/client', 'default/caller'])
        await until(`both answer ${from}`, async () => ((await versions(from)) === 'far,near' ? true : undefined));
      for (const [gateway, other] of [
        [n1, n2],
        [n2, n1],
      ] as const)
        expect(await mesh.admin(gateway, '/clusters')).not.toContain(`::${address(other)}:8443`);
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });

  test('a subset has its own way; without mutual TLS there is none', async () => {
    const way = leading('n2', address(gatewayOf.n2));
    const statuses = async () => (await mesh.load('default/client', { url, n: 10 })).statuses;
    try {
      await mesh.apply('row.yaml', `${way}${rule('ISTIO_MUTUAL')}${toSubset}`);
      await until('the subset answers', async () => ((await versions('default/client')) === 'far' ? true : undefined));
      expect(await statuses()).toEqual({ 200: 10 });
      await mesh.apply('row.yaml', `${way}${rule('DISABLE')}${toSubset}`);
      await until('nobody answers', async () => ((await statuses())[503] === 10 ? true : undefined));
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
    }
  });

  test('a name of pods has those of the own network alone, where a gateway leads to the others', async () => {
    const script = `require('dns').promises.resolve4('pods.default.svc.cluster.local').then((r)=>console.log(r.sort().join()),(e)=>console.log(e.code))`;
    const named = () => mesh.shell('default/client', `node -e "${script}"`).then((text) => text.trim());
    const ips = (version?: string) =>
      [...mesh.snapshot().workloads.values()]
        .filter(({ labels }) => labels.app === 'server' && (version ?? labels.version) === labels.version)
        .flatMap((pod) => pod.ips)
        .sort()
        .join();
    await mesh.apply('headless.yaml', headless);
    await until('all are named', async () => ((await named()) === ips() ? true : undefined));
    await mesh.apply('row.yaml', leading('n2', address(gatewayOf.n2)));
    try {
      await until('the near ones are named', async () => ((await named()) === ips('near') ? true : undefined));
      const { statuses, versions: found } = await mesh.load('default/client', {
        url: 'http://pods:9080/headers',
        n: 20,
      });
      expect([statuses, Object.keys(found)]).toEqual([{ 200: 20 }, ['near']]);
      expect(mesh.rejections).toEqual([]);
    } finally {
      await mesh.remove('row.yaml');
      await mesh.remove('headless.yaml');
    }
  });

  test('a gateway that goes takes its endpoints along', async () => {
    await mesh.apply('row.yaml', leading('n2', address(gatewayOf.n2)));
    await until('both answer', async () => ((await versions('default/client')) === 'far,near' ? true : undefined));
    await mesh.remove('row.yaml');
    await until('only the near ones answer', async () =>
      (await versions('default/client')) === 'near' ? true : undefined,
    );
    expect(mesh.rejections).toEqual([]);
  });
});
