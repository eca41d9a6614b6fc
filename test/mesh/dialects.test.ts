import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../envoy/condition.ts';
import { selfSigned } from '../envoy/test-certificates.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, gatewayPod, namespace } from './world.ts';

const run = promisify(execFile);
/** What Linkerd, SMI, Gateway API and Ingress say, as real proxies do it. */
const envoy = findRequirements();

const ofVersion = (version: string) => `
apiVersion: v1
kind: Service
metadata: {name: web-${version}, namespace: default}
spec: {selector: {app: web, version: ${version}}, ports: [{name: http, port: 9080, targetPort: 9080}]}
---`;
const world = [
  namespace('default', 'meshed'),
  namespace('far', 'meshed'),
  app('client'),
  app('web', { versions: ['v1', 'v2'] }),
  app('other', { namespace: 'far' }),
  ...['v1', 'v2'].map(ofVersion),
  gatewayPod('ingressgateway'),
].join('');

const split = (backends: object[], others: object = {}) => `
apiVersion: split.smi-spec.io/v1alpha1
kind: TrafficSplit
metadata: {name: web, namespace: default}
spec: ${JSON.stringify({ service: 'web', backends, ...others })}
---`;
const profile = (spec: object) => `
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata: {name: web-v1.default.svc.cluster.local, namespace: default}
spec: ${JSON.stringify(spec)}
---`;
const route = (spec: object, kind = 'HTTPRoute') => `
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: {name: row, namespace: default}
spec: ${JSON.stringify(spec)}
---`;
const onWeb = { parentRefs: [{ group: '', kind: 'Service', name: 'web' }] };
const to = (name: string, others: object = {}) => ({ backendRefs: [{ name, port: 9080, ...others }] });
const path = (type: string, value: string) => ({ path: { type, value } });

describe.skipIf(envoy === undefined)('other dialects', () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    const forwards = { 80: 0, 443: 0 };
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, forwards });
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  const within = (manifest: string, check: () => Promise<void>) => mesh.during('row.yaml', manifest, check);
  const ask = async (url: string, n = 1, headers: Readonly<Record<string, string>> = {}) =>
    await mesh.load('default/client', { url: `http://${url}`, n, headers });
  const edge = async (host: string, where = '/headers') => {
    const port = mesh.playground.forwards.get(80) ?? 0;
    const response = await request(`http://127.0.0.1:${port}${where}`, { headers: { host } });
    await response.body.dump();
    return { status: response.statusCode, headers: response.headers };
  };

  test('a TrafficSplit of milli-weights shares requests, one with conditions only those that fit', async () => {
    const backends = [
      { service: 'web-v1', weight: '900m' },
      { service: 'web-v2', weight: '100m' },
    ];
    await within(split(backends), async () => {
      const { versions, statuses } = await ask('web:9080/headers', 300);
      expect(statuses).toEqual({ 200: 300 });
      expect(versions['v2']).toBeGreaterThan(5);
      expect(versions['v2']).toBeLessThan(75);
    });
    const group = `
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: testers, namespace: default}
spec: {matches: [{name: testers, headers: [{x-tester: ".+"}]}]}
---`;
    const matches = [{ kind: 'HTTPRouteGroup', name: 'testers' }];
    await within(group + split([{ service: 'web-v2', weight: 1 }], { matches }), async () => {
      expect((await ask('web:9080/headers', 20, { 'x-tester': 'yes' })).versions).toEqual({ v2: 20 });
      expect(Object.keys((await ask('web:9080/headers', 40)).versions).sort()).toEqual(['v1', 'v2']);
    });
  });

  test('a ServiceProfile bounds the time of a route, and retries where it says so', async () => {
    const routes = [
      { name: 'slow', condition: { pathRegex: '/delay/.*' }, timeout: '300ms' },
      { name: 'failing', condition: { method: 'GET', pathRegex: '/status/503' }, isRetryable: true },
    ];
    await within(profile({ routes }), async () => {
      expect((await ask('web-v1:9080/delay/2000')).statuses).toEqual({ 504: 1 });
      expect((await ask('web-v1:9080/headers')).statuses).toEqual({ 200: 1 });
      const requests = async (where: string): Promise<number> => {
        await mesh.shell('default/client', 'curl -s -XPOST http://web-v1:9080/count/reset');
        expect((await ask(`web-v1:9080${where}`)).statuses).toEqual({ 503: 1 });
        const { samples } = await ask('web-v1:9080/count');
        return (JSON.parse(samples[0]?.body ?? '{}') as { count: number }).count;
      };
      const once = await requests('/status/503/');
      expect((await requests('/status/503')) - once).toBe(3);
    });
  });

  test('an HTTPRoute of a Service: matches, rewrites, redirects, and 404 for what fits no rule', async () => {
    const rewrite = { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/headers' } };
    const rules = [
      { matches: [{ headers: [{ name: 'X-Version', value: 'two' }] }], ...to('web-v2') },
      {
        matches: [path('PathPrefix', '/old')],
        filters: [{ type: 'URLRewrite', urlRewrite: rewrite }],
        ...to('web-v1'),
      },
      {
        matches: [path('Exact', '/gone')],
        filters: [{ type: 'RequestRedirect', requestRedirect: { hostname: 'new.example', statusCode: 301 } }],
      },
      { matches: [path('Exact', '/lost')], ...to('nobody') },
    ];
    await within(route({ ...onWeb, rules }), async () => {
      expect((await ask('web:9080/headers', 10, { 'x-version': 'two' })).versions).toEqual({ v2: 10 });
      expect((await ask('web:9080/old', 10)).versions).toEqual({ v1: 10 });
      const gone = await ask('web:9080/gone');
      expect(gone.samples[0]?.headers['location']).toBe('http://new.example:9080/gone');
      expect((await ask('web:9080/lost')).statuses).toEqual({ 500: 1 });
      expect((await ask('web:9080/older')).statuses).toEqual({ 404: 1 });
    });
  });

  test('a Gateway of Gateway API serves its routes by HTTP and HTTPS', async () => {
    const pair = selfSigned('secure.example');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const secret = `
apiVersion: v1
kind: Secret
metadata: {name: secure, namespace: default}
type: kubernetes.io/tls
data: {tls.crt: ${base64(pair.certificate)}, tls.key: ${base64(pair.key)}}
---`;
    const listeners = [
      { name: 'http', port: 80, protocol: 'HTTP' },
      {
        name: 'https',
        port: 443,
        protocol: 'HTTPS',
        hostname: 'secure.example',
        tls: { certificateRefs: [{ name: 'secure' }] },
      },
    ];
    const addresses = [{ type: 'Hostname', value: 'istio-ingressgateway.default.svc.cluster.local' }];
    const gateway = route({ gatewayClassName: 'istio', addresses, listeners }, 'Gateway').replace(
      'name: row',
      'name: gw',
    );
    const shared = route({
      parentRefs: [{ name: 'gw' }],
      hostnames: ['web.example', 'secure.example'],
      rules: [
        { matches: [path('PathPrefix', '/far')], backendRefs: [{ name: 'other', namespace: 'far', port: 9080 }] },
        {
          ...to('web-v1'),
          filters: [
            { type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'x-by', value: 'route' }] } },
          ],
        },
      ],
    });
    await within(gateway + shared + secret, async () => {
      const good = await until('the gateway answers', async () => {
        const answer = await edge('web.example').catch(() => undefined);
        return answer?.status === 200 ? answer : undefined;
      });
      expect(good.headers['x-by']).toBe('route');
      expect((await edge('unknown.example')).status).toBe(404);
      // Nobody of the other namespace has allowed it.
      expect((await edge('web.example', '/far')).status).toBe(500);
      const grant = `
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: grant, namespace: far}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}], to: [{group: "", kind: Service, name: other}]}
---`;
      await mesh.apply('grant.yaml', grant);
      await until('the grant counts', async () =>
        (await edge('web.example', '/far/')).status === 500 ? undefined : true,
      );
      await mesh.remove('grant.yaml');
      const port = mesh.playground.forwards.get(443) ?? 0;
      const curl = `curl -sk --max-time 5 -o /dev/null -w %{http_code} --connect-to secure.example:443:127.0.0.1:${port} https://secure.example/headers`;
      expect(
        await until('HTTPS answers', async () => {
          const { stdout: code } = await run('sh', ['-c', `${curl} || true`]);
          return code === '000' ? undefined : code;
        }),
      ).toBe('200');
    });
  });
});
