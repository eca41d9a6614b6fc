import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runOutrigger } from '../cluster/outrigger.ts';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, gatewayPod, namespace, subsets } from './world.ts';

/** The commands that look at a mesh, on real proxies by way of the playground's API. */
const envoy = findRequirements();

const world = [
  namespace('default', 'meshed'),
  app('client'),
  app('eager', { annotations: { 'proxy.outrigger.io/delivery': 'eager' } }),
  app('server', { versions: ['v1', 'v2'] }),
  subsets('server', ['v1', 'v2']),
  gatewayPod('ingressgateway'),
].join('');
const rejected = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: broken, namespace: default}
spec:
  workloadSelector: {labels: {app: client}}
  configPatches:
    - applyTo: HTTP_FILTER
      match: {context: SIDECAR_OUTBOUND}
      patch:
        operation: INSERT_FIRST
        value:
          name: lua
          typed_config:
            '@type': type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
            default_source_code: {inline_string: "this is no lua"}
---`;
const changed = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: default}
spec: {mtls: {mode: STRICT}}
---`;

const plaintext = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: plaintext, namespace: default, creationTimestamp: '2020-01-01T00:00:00Z'}
spec: {host: server, trafficPolicy: {tls: {mode: DISABLE}}}
---`;

describe.skipIf(envoy === undefined)('operating a mesh', () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world } });
  });
  afterAll(async () => {
    await mesh?.stop();
  });
  const run = async (...args: string[]) => {
    const { stderr, ...rest } = await runOutrigger([...args, '--kubeconfig', mesh.playground.kubeconfig]);
    // On a busy machine a command may say that it waits.
    return { ...rest, stderr: stderr.replace(/^… the API server at .* does not answer yet.*\n/gm, '') };
  };
  const nameOf = (id: string) => mesh.pod(id).desired.name;
  const pidOf = (id: string) => mesh.pod(id).kept?.running?.container('istio-proxy').process.pid ?? 0;

  describe('proxy-status', () => {
    const cells = async (id: string) => {
      const { stdout } = await run('proxy-status');
      return (
        stdout
          .split('\n')
          .find((line) => line.startsWith(`${nameOf(id)}.default `))
          ?.split(/ {3,}/) ?? []
      );
    };

    test('every proxy is in sync, and has what it was sent', async () => {
      const { code, stdout } = await run('ps');
      expect(code).toBe(0);
      expect(stdout.split('\n')[0]).toMatch(/^NAME +CLUSTER +CDS +LDS +EDS +RDS +ECDS +REPLICA +VERSION$/);
      expect(stdout.trim().split('\n')).toHaveLength(1 + 5);
      expect(stdout).not.toMatch(/STALE|NACKED|NOT CONNECTED/);
      for (const id of ['deploy/client-v1', 'deploy/eager-v1', 'deploy/istio-ingressgateway']) {
        const compared = await run('proxy-status', id);
        expect(compared).toMatchObject({ code: 0, stderr: '' });
        expect(
          compared.stdout
            .trim()
            .split('\n')
            .every((line) => line.endsWith(' Match')),
        ).toBe(true);
      }
    });

    test('a proxy that refuses its configuration is NACKED, with the reason and the object', async () => {
      await mesh.apply('broken.yaml', rejected);
      try {
        const { code, stdout } = await run('proxy-status');
        expect(code).toBe(1);
        expect((await cells('default/client'))[3]).toBe('NACKED');
        expect((await cells('default/server'))[3]).toBe('SYNCED');
        const last = stdout.trim().split('\n').at(-1);
        expect(last).toContain(`${nameOf('default/client')}.default: NACKED LDS virtualOutbound`);
        expect(last).toContain('EnvoyFilter default/broken');
        expect(last).toContain('script load error');
        const compared = await run('proxy-status', `${nameOf('default/client')}.default`);
        expect(compared.code).toBe(1);
        expect(compared.stdout).toContain('NACKED LDS virtualOutbound');
      } finally {
        await mesh.remove('broken.yaml');
      }
      expect((await cells('default/client'))[3]).toBe('SYNCED');
    });

    test('a frozen proxy is STALE once a change is not taken, and in sync when it goes on', async () => {
      const pid = pidOf('default/eager');
      process.kill(pid, 'SIGSTOP');
      try {
        const settled = mesh.apply('strict.yaml', changed).catch(() => undefined);
        const stale = async () => (await cells('default/eager'))[3] === 'STALE' || undefined;
        await until('the frozen proxy is stale', stale, 20);
        expect((await cells('default/client'))[3]).toBe('SYNCED');
        process.kill(pid, 'SIGCONT');
        await settled;
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await until('it is in sync', async () => (await cells('default/eager'))[3] === 'SYNCED' || undefined, 20);
      await mesh.remove('strict.yaml');
    });

    test('what is missing is said', async () => {
      expect(await run('proxy-status', 'nobody')).toMatchObject({ code: 1, stderr: expect.stringContaining('OR2531') });
      expect(await run('ps', '-i', 'elsewhere')).toMatchObject({ code: 1, stderr: expect.stringContaining('OR2535') });
      expect(await run('ps', '-o', 'xml')).toMatchObject({ code: 2 });
    });
  });

  describe('proxy-config', () => {
    const rows = async (...args: string[]) => {
      const { code, stdout, stderr } = await run('proxy-config', ...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout.trimEnd().split('\n');
    };

    test('what a client uses appears, with the object that it comes from', async () => {
      await mesh.load('default/client', { url: 'http://server:9080/' });
      const args = ['cluster', `${nameOf('default/client')}.default`, '--fqdn', 'server.default.svc.cluster.local'];
      const [header, row] = await rows(...args);
      expect(header).toMatch(/^SERVICE FQDN +PORT +SUBSET +DIRECTION +TYPE +DESTINATION RULE +ORIGIN$/);
      expect(row).toMatch(
        /^server\.default\.svc\.cluster\.local +9080 +- +outbound +EDS +server-subsets\.default +Service default\/server/,
      );
      const [message] = JSON.parse((await rows(...args, '-o', 'json')).join('\n'));
      expect(message).toMatchObject({ name: 'outbound|9080||server.default.svc.cluster.local', type: 'EDS' });
    });

    test('listeners, routes, endpoints and certificates of each kind of proxy', async () => {
      for (const id of ['deploy/client-v1', 'deploy/eager-v1']) {
        expect((await rows('listener', id, '--port', '15006')).join()).toContain('Route: inbound|9080||');
        expect((await rows('route', id, '--name', '9080')).join()).toMatch(/server.*Service default\/server/);
        expect((await rows('secret', id)).slice(1).map((row) => row.split(/ {3,}/).slice(0, 4))).toEqual([
          ['default', 'Cert Chain', 'ACTIVE', 'true'],
          ['ROOTCA', 'CA', 'ACTIVE', 'true'],
          ['root', 'CA', 'ACTIVE', 'true'],
          ['token', 'Secret', 'ACTIVE', '-'],
        ]);
      }
      const cluster = 'outbound|9080|v1|server.default.svc.cluster.local';
      const endpoints = await rows('endpoint', 'deploy/eager-v1', '--cluster', cluster);
      expect(endpoints).toHaveLength(2);
      expect(endpoints[1]).toContain(`${mesh.pod('default/server-v1').ip}:9080`);
    });

    test('the whole dump is a file that the commands take; no key is in it', async () => {
      const { stdout } = await run('pc', 'all', 'deploy/eager-v1', '-o', 'json');
      expect(stdout).not.toContain('PRIVATE KEY');
      expect(JSON.stringify(JSON.parse(stdout))).toContain('"private_key":"[redacted]"');
      const file = join(mesh.playground.folder, 'dump.json');
      writeFileSync(file, stdout);
      const live = await rows('route', 'deploy/eager-v1', '-o', 'json');
      expect(await rows('route', '--file', file, '-o', 'json')).toEqual(live);
      expect((await run('ps', `${nameOf('default/eager')}.default`, '--file', file)).code).toBe(0);
      expect(await run('pc', 'route')).toMatchObject({ code: 2 });
    });

    test('log levels are set and reset', async () => {
      const level = async (...args: string[]) =>
        (await rows('log', 'deploy/client-v1', ...args)).find((row) => row.startsWith('  http:'));
      expect(await level('--level', 'http:debug,router:trace')).toBe('  http: debug');
      expect(await level('-r')).toBe('  http: warning');
    });
  });

  test('authn tls-check says what requests then meet', async () => {
    const check = async () => run('authn', 'tls-check', 'deploy/client-v1', 'server.default.svc.cluster.local');
    const asked = async () => (await mesh.load('default/client', { url: 'http://server:9080/', n: 5 })).statuses;
    await mesh.apply('strict.yaml', changed);
    try {
      expect(await check()).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/:9080 +OK +STRICT +mTLS +default\/default +-/),
      });
      expect(await asked()).toEqual({ 200: 5 });
      await mesh.apply('plaintext.yaml', plaintext);
      expect(await check()).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/:9080 +CONFLICT +STRICT +HTTP +default\/default +plaintext\/default/),
      });
      expect(await asked()).toEqual({ 503: 5 });
    } finally {
      await mesh.remove('plaintext.yaml');
      await mesh.remove('strict.yaml');
    }
    expect((await check()).stdout).toMatch(/:9080 +OK +PERMISSIVE +mTLS +- +-/);
  });

  test('describe says of a running pod and of a service what there is', async () => {
    const pod = await run('describe', 'pod', 'deploy/server-v1');
    expect(pod).toMatchObject({ code: 0, stderr: '' });
    for (const line of [
      'Injection: injected by revision default: The namespace has istio-injection=enabled.',
      'mTLS: PERMISSIVE, the default, as no PeerAuthentication says otherwise',
      'Port 9080 http (http) to 9080: 2 of 2 endpoints ready, mTLS PERMISSIVE',
      `Subset v1 (version=v1): default/${nameOf('default/server-v1')}`,
    ])
      expect(pod.stdout).toContain(line);
    expect((await run('x', 'describe', 'svc', 'server')).stdout).toContain('VirtualService: none');
  });
});
