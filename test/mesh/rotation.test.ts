import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RotationFiles } from '../../src/identity/rotation/rotation-files.ts';
import { stageOf } from '../../src/identity/rotation/stage.ts';
import { certificateFacts, fingerprintsOf } from '../../src/identity/workload/certificate-facts.ts';
import type { LoadResult } from '../../src/playground/sample-app/load.ts';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { type ChildControlPlane, startChildControlPlane } from './child-control-plane.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { connected, urlOf } from './under-load.ts';
import { app, namespace } from './world.ts';

/**
 * The root of the mesh is replaced by the operator's own commands while requests go on, on connections that stay and on
 * new ones. What would be cut off stops it, whoever dies it goes on.
 */
const envoy = findRequirements();
const main = join(import.meta.dirname, '../../src/main.ts');
const eager = { 'proxy.outrigger.io/delivery': 'eager' };
const world = [
  namespace('default', 'meshed'),
  app('client'),
  app('eager', { annotations: eager }),
  app('server'),
  app('idle'),
  `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: default}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: fresh, namespace: default}
spec:
  host: server
  trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 20}}}
---`,
].join('');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe.skipIf(envoy === undefined)('rotation of the root', () => {
  let mesh: TestMesh;
  let control: ChildControlPlane;
  let stateDir: string;
  beforeAll(async () => {
    mesh = await startMesh({
      envoy: envoy ?? '',
      manifests: { 'world.yaml': world },
      startControlPlane: async (options) => {
        stateDir = options.stateFolder;
        control = await startChildControlPlane(options, []);
        return control;
      },
    });
    // The control plane is a process of its own: it may hear of the endpoints a moment after the pods are ready.
    for (const client of ['client', 'eager']) {
      const answered = async () =>
        (await mesh.load(`default/${client}`, { url: urlOf('server') })).statuses[200] === 1 || undefined;
      await until(`${client} is answered`, answered);
    }
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  const rootFile = () => join(stateDir, 'mesh-root.pem');
  const stageNow = async () => stageOf(await new RotationFiles(rootFile()).read());
  const issuerNow = () => certificateFacts(readFileSync(rootFile(), 'utf8'))[0]?.fingerprint;

  function begin(...args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const place = ['--state-dir', stateDir, '--replica', new URL('/', control.webhookUrl).href];
    const child = spawn(process.execPath, [main, 'root', ...args, ...place], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const ended = new Promise<Ended>((resolve) =>
      child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr })),
    );
    return { child, ended };
  }
  const root = (...args: readonly string[]): Promise<Ended> => begin(...args).ended;
  const rotate = (...more: readonly string[]) => root('rotate', '--mount-seconds', '2', '-o', 'json', ...more);

  async function status(): Promise<{ stage: string; behind: { who: string; why: string }[]; warnings: string[] }> {
    return JSON.parse((await root('status', '-o', 'json')).stdout);
  }

  /** Requests of both clients, on connections that stay and on such that do not, for as long as `act` takes. */
  async function loaded<T>(act: () => Promise<T>): Promise<{ result: T; requests: number }> {
    let over = false;
    const results: LoadResult[] = [];
    const load = { url: urlOf('server'), forMs: 3000, rate: 100, concurrency: 4, timeoutMs: 5000 };
    const keepOn = async (client: string): Promise<void> => {
      while (!over) results.push(await mesh.load(`default/${client}`, load));
    };
    const loads = Promise.all(['client', 'eager'].map(keepOn));
    loads.catch(() => undefined);
    const result = await act().finally(() => {
      over = true;
    });
    await loads;
    for (const { statuses, errors, samples } of results) {
      const failed = samples.filter(({ status: code }) => code !== 200);
      expect({ statuses: Object.keys(statuses), errors, failed }).toEqual({
        statuses: ['200'],
        errors: {},
        failed: [],
      });
    }
    return { result, requests: results.reduce((sum, { statuses }) => sum + (statuses[200] ?? 0), 0) };
  }

  /** Roots and issuers that the proxies really have, from their admin ports. */
  async function serials(id: string): Promise<string[]> {
    const text = await mesh.admin(id, '/certs');
    return [...text.matchAll(/"serial_number": "(\w+)"/g)].map(([, serial = '']) => serial);
  }

  test('status says what there is', async () => {
    expect(await status()).toMatchObject({ stage: 'none', behind: [], warnings: [] });
    const { code, stdout } = await root('status');
    expect(code).toBe(0);
    expect(stdout).toContain('Every replica and every proxy has it.');
  });

  test('a whole rotation under load: no request fails, and each proxy has the new root alone', async () => {
    const before = { issuer: issuerNow(), serials: await serials('default/server') };
    const { result, requests } = await loaded(() => rotate());
    expect(result).toMatchObject({ code: 0 });
    expect(JSON.parse(result.stdout)).toEqual({ complete: true, stage: 'none', behind: [] });
    for (const stage of ['trust', 'switch', 'retire']) expect(result.stderr).toContain(`${stage}: `);
    console.info(`rotated: ${requests} requests, 0 failed\n${result.stderr}`);
    expect(issuerNow()).not.toBe(before.issuer);
    expect(fingerprintsOf(readFileSync(rootFile(), 'utf8'))).toHaveLength(1);
    for (const serial of await serials('default/server')) expect(before.serials).not.toContain(serial);
    expect(await status()).toMatchObject({ stage: 'none', behind: [] });
    expect(control.log.filter((line) => line.includes('OR2010'))).toEqual([]);
  });

  test('after it the control plane dies: proxies trust its port by the new root', async () => {
    await control.kill();
    await control.restart();
    for (const client of ['client', 'eager', 'server']) await connected(mesh, client);
    expect((await loaded(() => delay(500))).requests).toBeGreaterThan(0);
  });

  test('a frozen proxy stops it before the step that would cut it off, and is named', async () => {
    const before = issuerNow();
    const pid = proxyOf('default/eager');
    process.kill(pid, 'SIGSTOP');
    try {
      const { code, stdout, stderr } = await rotate('--timeout', '6');
      expect(code).toBe(3);
      const { complete, stage, behind } = JSON.parse(stdout);
      expect({ complete, stage }).toEqual({ complete: false, stage: 'trust' });
      expect(behind).toEqual([
        expect.objectContaining({ kind: 'proxy', who: `default/${mesh.pod('default/eager').desired.name}` }),
      ]);
      expect(stderr).toContain('waiting for proxy');
      expect(issuerNow()).toBe(before);
      expect((await mesh.load('default/client', { url: urlOf('server'), n: 20 })).statuses).toEqual({ 200: 20 });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect((await rotate()).code).toBe(0);
    expect(issuerNow()).not.toBe(before);
  });

  test('the command killed in each stage, and the control plane between them: it goes on, no request fails', async () => {
    const before = issuerNow();
    const { requests } = await loaded(async () => {
      // A proxy that nobody calls holds the rotation up in the stage in which everything dies.
      const pid = proxyOf('default/idle');
      for (const stage of ['trust', 'switch'] as const) {
        process.kill(pid, 'SIGSTOP');
        const { child, ended } = begin('rotate', '--mount-seconds', '0');
        await until(`the stage ${stage}`, async () => (await stageNow()) === stage || undefined, 60);
        child.kill('SIGKILL');
        await ended;
        await control.kill();
        await control.restart();
        process.kill(pid, 'SIGCONT');
        expect(await stageNow()).toBe(stage);
        expect((await rotate('--until', stage)).code).toBe(0);
      }
      expect((await rotate()).code).toBe(0);
    });
    console.info(`killed in two stages: ${requests} requests, 0 failed`);
    expect(issuerNow()).not.toBe(before);
  });

  test('two operators at once do one rotation', async () => {
    const before = issuerNow();
    const both = await Promise.all([rotate(), rotate()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(issuerNow()).not.toBe(before);
  });

  test('--until stops where it says; the next run goes on', async () => {
    const half = await rotate('--until', 'switch');
    expect(half).toMatchObject({ code: 0, stdout: expect.stringContaining('"complete": false') });
    expect(await status()).toMatchObject({ stage: 'switch', behind: [] });
    expect((await rotate()).code).toBe(0);
  });

  test('a replica that does not answer holds it up; a file that is none is told', async () => {
    const silent = await rotate('--replica', 'https://localhost:1', '--timeout', '2');
    expect(silent.code).toBe(3);
    expect(silent.stdout).toContain('it does not answer');
    expect((await rotate()).code).toBe(0);
    expect((await rotate('--to', '/nonexistent')).stderr).toContain('OR2201');
  });

  test("to an intermediate of the user's own: its chain is sent, and calls go on", async () => {
    const folder = join(stateDir, 'own');
    mkdirSync(folder);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    writeFileSync(join(folder, 'ext'), 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n');
    openssl('req', '-x509', ...key, '-keyout', 'root.key', '-out', 'root-cert.pem', '-subj', '/CN=own root');
    openssl('req', ...key, '-keyout', 'ca-key.pem', '-out', 'ca.csr', '-subj', '/CN=own intermediate');
    const signing = ['-CA', 'root-cert.pem', '-CAkey', 'root.key', '-CAcreateserial', '-extfile', 'ext', '-days', '30'];
    openssl('x509', '-req', '-in', 'ca.csr', '-out', 'ca-cert.pem', ...signing);
    const { result, requests } = await loaded(() => rotate('--to', folder));
    expect(result).toMatchObject({ code: 0 });
    console.info(`to an intermediate: ${requests} requests, 0 failed`);
    const now = await status();
    expect(now.warnings.join()).toMatch(/own intermediate ends .* in (29|30) days/);
    // New connections, and so the whole chain, or they would fail.
    expect((await loaded(() => delay(500))).requests).toBeGreaterThan(0);
  });

  /** Of the Envoy of a pod. */
  function proxyOf(id: string): number {
    const pid = mesh.pod(id).kept?.running?.container('istio-proxy').process.pid;
    if (pid === undefined) throw new Error(`the proxy of ${id} does not run`);
    return pid;
  }
});
