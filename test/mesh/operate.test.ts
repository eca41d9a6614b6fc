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

describe.skipIf(envoy === undefined)('operating a mesh', () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world } });
  });
  afterAll(async () => {
    await mesh?.stop();
  });
  const run = (...args: string[]) => runOutrigger([...args, '--kubeconfig', mesh.playground.kubeconfig]);
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
        expect(compared.stdout).toContain("Listeners Don't Match");
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
});
