import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { faultFilter, faultOfRoute } from '../../src/xds/filters/fault.ts';
import { onDemandCluster, onDemandHost } from '../../src/xds/filters/on-demand.ts';
import type { Message, XdsResource, XdsType } from '../../src/xds/resource.ts';
import { any, extension } from '../../src/xds/translate/common.ts';
import { until } from '../envoy/condition.ts';
import {
  argumentsFor,
  ask,
  bootstrapInput,
  freePorts,
  podIp,
  startEnvoy,
  writePodFiles,
} from '../envoy/running-envoy.ts';
import { startHttpApp } from '../envoy/test-app.ts';
import { selfSigned } from '../envoy/test-certificates.ts';
import { startWirePlane } from '../envoy/wire-plane.ts';
import { edsCluster, endpoints, rdsListener, vhdsRoute, virtualHost } from '../envoy/wire-samples.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, namespace, subsets } from './world.ts';

/** The first request to a host obeys everything that later ones obey, although the host is loaded because of it. */
const envoy = findRequirements();

/** Another name of the pods of `server`, so that each check has a host that was never used. */
const alias = (name: string): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec: {selector: {app: server}, ports: [{name: http, port: 9080}]}
---`;
const rule = (host: string, http: string): string => `${alias(host)}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${host}, namespace: default}
spec: {hosts: [${host}], http: [${http}]}
---`;
const to = (host: string, more = ''): string => `route: [{destination: {host: ${host}${more}}}]`;
const abort = 'fault: {abort: {httpStatus: 418, percentage: {value: 100}}}';
const cors = 'corsPolicy: {allowOrigins: [{exact: "https://shop.example"}], allowMethods: [POST]}';

const world = [
  namespace('default', 'meshed'),
  app('client'),
  app('server', { versions: ['v1', 'v2'] }),
  rule('aborted', `{${abort}, ${to('aborted')}}`),
  rule('crowded', `{${abort}, ${to('crowded')}}`),
  rule('delayed', `{fault: {delay: {fixedDelay: 1s, percentage: {value: 100}}}, ${to('delayed')}}`),
  rule('shared', `{${cors}, ${to('shared')}}`),
  rule('moved', '{redirect: {uri: /elsewhere}}'),
  rule(
    'chosen',
    `{match: [{headers: {x-user: {exact: tester}}}], ${to('chosen', ', subset: v2')}}, {${to('chosen', ', subset: v1')}}`,
  ),
  subsets('chosen', ['v1', 'v2']),
  rule('rewritten', `{rewrite: {uri: /headers}, headers: {request: {set: {x-added: "yes"}}}, ${to('rewritten')}}`),
  alias('denied'),
  `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: closed, namespace: default}
spec: {selector: {matchLabels: {app: server}}, action: DENY, rules: [{to: [{operation: {paths: [/closed]}}]}]}
---`,
].join('');

describe.skipIf(envoy === undefined).each([
  ['pushed hosts', []],
  ['hosts on demand', ['mesh.pushedHosts=0']],
])('the first request, %s', (_, sets) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, sets });
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  /** The same request twice, each on its own; the first is the first that this host ever gets. */
  async function twice(url: string, load: object = {}) {
    const results = [];
    for (let turn = 0; turn < 2; turn++) results.push(await mesh.load('default/client', { url, ...load }));
    return results.map(({ samples: [sample], firstMs }) => ({
      status: 0,
      body: '',
      headers: {},
      ...sample,
      ms: firstMs,
    }));
  }

  const statuses = async (url: string, load: object = {}) => (await twice(url, load)).map(({ status }) => status);

  test('is aborted, with a body, too', async () => {
    expect(await statuses('http://aborted:9080/', { method: 'POST', body: 'x'.repeat(100_000) })).toEqual([418, 418]);
  });

  test('is aborted when it is one of forty', async () => {
    const load = { url: 'http://crowded:9080/', n: 40, concurrency: 40 };
    expect((await mesh.load('default/client', load)).statuses).toEqual({ 418: 40 });
  });

  test('is delayed', async () => {
    const both = await twice('http://delayed:9080/');
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    for (const { ms } of both) expect(ms).toBeGreaterThanOrEqual(990);
  });

  test('has its preflight answered by its proxy, and not for another origin', async () => {
    const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
    for (const answer of await twice('http://shared:9080/', { method: 'OPTIONS', headers })) {
      expect(answer.headers).toMatchObject({ 'access-control-allow-origin': 'https://shop.example' });
      expect(answer.headers).not.toHaveProperty('x-app-pod');
    }
  });

  test('is redirected', async () => expect(await statuses('http://moved:9080/')).toEqual([301, 301]));

  test('goes where its headers say, and is changed as it should be', async () => {
    const chosen = await mesh.load('default/client', { url: 'http://chosen:9080/', headers: { 'x-user': 'tester' } });
    expect(chosen.versions).toEqual({ v2: 1 });
    const others = await mesh.load('default/client', { url: 'http://chosen:9080/', n: 10 });
    expect(others.versions).toEqual({ v1: 10 });
    for (const { body } of await twice('http://rewritten:9080/')) expect(body).toContain('"x-added":"yes"');
  });

  test('is denied by the server, and nothing was rejected', async () => {
    expect(await statuses('http://denied:9080/closed')).toEqual([403, 403]);
    expect(await statuses('http://denied:9080/')).toEqual([200, 200]);
    expect(mesh.rejections).toEqual([]);
  });
});

/** What these checks are worth: with the filters in another order they fail. */
describe.skipIf(envoy === undefined)('the first request through a listener made by hand', () => {
  const stopping: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stopping.splice(0).reverse()) await stop();
  });

  const rbac = 'extensions.filters.http.rbac.v3';
  const rbacFilter = extension('envoy.filters.http.rbac', `${rbac}.RBAC`);
  const all = { permissions: [{ any: true }], principals: [{ any: true }] };
  const denied = any(`${rbac}.RBACPerRoute`, { rbac: { rules: { action: 'DENY', policies: { all } } } });
  const perHost: Readonly<Record<string, Message>> = {
    'aborted.shop': faultOfRoute({ delay: undefined, abort: { percent: 100, httpStatus: 418, grpcStatus: undefined } }),
    'denied.shop': { 'envoy.filters.http.rbac': denied },
    'open.shop': {},
  };

  function resourceOf(type: XdsType, name: string, appPort: number): XdsResource | undefined {
    const origins: XdsResource['origins'] = [];
    if (type === 'cluster') return { type, name, message: edsCluster(name), origins, edsName: name };
    if (type === 'endpoint') return { type, name, message: endpoints(name, appPort), origins };
    const host = /^web\/([^:]+)/.exec(name)?.[1] ?? '';
    if (type !== 'virtualHost' || perHost[host] === undefined) return undefined;
    const message = { ...virtualHost(`web/${host}`, [host], `to-${host}`), typed_per_filter_config: perHost[host] };
    return { type, name: `web/${host}`, message, origins };
  }

  async function firstAndSecond(filters: readonly Message[]): Promise<Record<string, number[]>> {
    const [port = 0, appPort = 0, ...ports] = await freePorts(6);
    const server = await startHttpApp(appPort, podIp, (_, response) => response.end('hello'));
    stopping.push(() => server.close());
    const identity = selfSigned('localhost');
    const plane = await startWirePlane(identity, {
      resources: {
        wildcard: { listener: { web: rdsListener('web', port, { filters }) } },
        named: { route: { web: vhdsRoute('web') } },
        onDemand: (type, name) => resourceOf(type, name, appPort),
      },
    });
    stopping.push(plane.stop);
    const root = writePodFiles({ token: 'the-token', rootCertificate: identity.certificate });
    const [statusPort = 0, adminPort = 0, readyPort = 0, metricsPort = 0] = ports;
    const discovery = { host: 'localhost', port: plane.port };
    const input = bootstrapInput({ statusPort, adminPort, readyPort, metricsPort, discovery });
    const running = startEnvoy(envoy ?? '', argumentsFor(input, root), root);
    stopping.push(running.stop);
    const get = async (host: string) => (await ask(port, '/', { headers: { host } })).status;
    await until(
      () => running.log(),
      async () => (await get('open.shop')) === 200 || undefined,
      10,
    );
    const found: Record<string, number[]> = {};
    for (const host of ['aborted.shop', 'denied.shop']) found[host] = [await get(host), await get(host)];
    expect(plane.rejected).toEqual([]);
    return found;
  }

  test('the host before all filters: every request obeys', async () => {
    const filters = [onDemandHost, faultFilter, rbacFilter, onDemandCluster];
    expect(await firstAndSecond(filters)).toEqual({ 'aborted.shop': [418, 418], 'denied.shop': [403, 403] });
  });

  test('the host after them: the first request of each host slips by', async () => {
    const filters = [faultFilter, rbacFilter, onDemandHost, onDemandCluster];
    expect(await firstAndSecond(filters)).toEqual({ 'aborted.shop': [200, 418], 'denied.shop': [200, 403] });
  });
});
