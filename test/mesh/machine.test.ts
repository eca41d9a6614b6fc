import { execFile, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { LocalTokens } from '../../src/identity/tokens/local-tokens.ts';
import { loadTokenKey } from '../../src/identity/tokens/token-key.ts';
import { discoveryName } from '../../src/playground/control-plane.ts';
import { NodeNetwork } from '../../src/playground/network/node-network.ts';
import { type Slot, slotOf } from '../../src/playground/network/slot.ts';
import type { PodNamespace } from '../../src/playground/pod-runner/sandbox.ts';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { askAsRawClient, type RawStream } from './raw-client.ts';
import { app, namespace } from './world.ts';

/**
 * A machine outside of the cluster: a network namespace with no pod around it, and in it what the operator's command
 * wrote, run as the command says. It calls the mesh and is called by it, by mutual TLS alone, and leaves.
 */
const envoy = findRequirements();
const main = join(import.meta.dirname, '../../src/main.ts');
const world = [
  namespace('default', 'meshed'),
  app('client'),
  app('server'),
  `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: default}
spec: {mtls: {mode: STRICT}}
---
apiVersion: v1
kind: Service
metadata: {name: ledger, namespace: default}
spec: {selector: {app: ledger}, ports: [{name: http, port: 9080, targetPort: 8080}]}
---`,
].join('');

const deliveries: Record<string, { sets: string[]; annotations?: string; registers?: true }> = {
  'hosts on demand': { sets: ['mesh.pushedHosts=0'] },
  eager: { sets: [], annotations: 'proxy.outrigger.io/delivery=eager' },
  'which registers itself': { sets: [], registers: true },
};

/** Its app says who called it, and that it is not ready while there is a file. */
const appCode = `require('node:http').createServer((request, response) => {
  if (request.url === '/ready' && require('node:fs').existsSync(process.argv[2])) response.statusCode = 500;
  response.end(JSON.stringify({ machine: true, headers: request.headers }));
}).listen(8080, process.argv[1])`;

const withProbe = (group: string): string => {
  const object = parse(group);
  const probe = { periodSeconds: 1, failureThreshold: 2, httpGet: { path: '/ready', port: 8080 } };
  return stringify({ ...object, spec: { ...object.spec, probe } });
};

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))(
  'a machine, %s',
  (_, { sets, annotations, registers }) => {
    let mesh: TestMesh;
    let folder: string;
    let slot: Slot;
    let inside: PodNamespace;
    let machineIp: string;
    const ends: (() => void)[] = [];
    const number = 60_001;

    // Nothing may hold up this process: the control plane runs in it.
    const execute = async (program: string, args: readonly string[]): Promise<string> =>
      (await promisify(execFile)(program, [...args])).stdout;
    const outrigger = (...args: string[]): Promise<string> => execute(process.execPath, [main, ...args]);
    const run = (...command: string[]): Promise<string> => {
      const [program = '', ...args] = inside.enter(command);
      return execute(program, args);
    };
    const start = (name: string, ...command: string[]): (() => void) => {
      const [program = '', ...args] = inside.enter(command);
      const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ENVOY: join(folder, 'envoy') } });
      child.on('error', (error) => console.error(`${name}: ${error.message}`));
      const end = () => void child.kill('SIGKILL');
      ends.push(end);
      return end;
    };
    const startProxy = () =>
      start('envoy', 'setpriv', '--reuid', '1337', '--regid', '1337', '--clear-groups', join(folder, 'start.sh'));
    let endProxy = () => {};

    beforeAll(async () => {
      mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, sets });
      const { nodeIp } = mesh.playground;
      slot = slotOf(244 - Number(nodeIp.split('.')[1]));
      machineIp = `${slot.podPrefix}.250.1`;
      inside = await new NodeNetwork(slot).addPod({ ip: machineIp, number });
      folder = mkdtempSync(join(tmpdir(), 'outrigger-machine-'));
      await chmod(folder, 0o755);
      copyFileSync(envoy ?? '', join(folder, 'envoy'));
      const group = ['--name', 'ledger', '--labels', 'app=ledger', '--serviceAccount', 'ledger'];
      const more = annotations === undefined ? [] : ['--annotations', annotations];
      writeFileSync(join(folder, 'group.yaml'), await outrigger('workload', 'group', 'create', ...group, ...more));
      if (registers)
        writeFileSync(join(folder, 'group.yaml'), withProbe(readFileSync(join(folder, 'group.yaml'), 'utf8')));
      await outrigger(
        ...['workload', 'entry', 'configure', '-f', join(folder, 'group.yaml'), '-o', folder, '--address', machineIp],
        ...['--name', 'ledger-1', '--control-plane', `${nodeIp}:15012`, '--state-dir', stateDir()],
        ...(registers === true ? ['--autoregister'] : []),
      );
      await mesh.apply('machine.yaml', written());
      await run('sh', join(folder, 'capture.sh'));
      start('app', process.execPath, '-e', appCode, machineIp, sick());
      endProxy = startProxy();
      await until('the proxy of the machine is ready', async () => (await ready()) || undefined, 30);
      if (registers) await until('its probe succeeds', async () => health() === 'healthy' || undefined, 30);
      await mesh.settled();
    });
    afterAll(async () => {
      for (const end of ends) end();
      if (slot !== undefined) await new NodeNetwork(slot).removePod(number);
      await mesh?.stop();
      if (folder !== undefined) rmSync(folder, { recursive: true });
    });

    /** What there is to apply for it. */
    const written = () => readFileSync(join(folder, registers === true ? 'group.yaml' : 'workloadentry.yaml'), 'utf8');
    const sick = () => join(folder, 'sick');
    const health = () => mesh.snapshot().machines.get('default/ledger-1')?.annotations['proxy.outrigger.io/health'];
    const stateDir = () => join(mesh.playground.folder, 'state');
    const ready = async (): Promise<boolean> => {
      const ask = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', 'http://127.0.0.1:15021/healthz/ready'];
      return (await run(...ask).catch(() => '')) === '200';
    };
    const calls = (id: string) => mesh.shell(id, 'curl -s --max-time 5 -w "\\n%{http_code}" http://ledger:9080/');

    test('it calls a service of the mesh, which knows it by its service account', async () => {
      const service = mesh.snapshot().services.find(({ hostname }) => hostname === 'server.default.svc.cluster.local');
      const [address = ''] = service?.addresses ?? [];
      const url = 'http://server.default.svc.cluster.local:9080/headers';
      const resolve = `server.default.svc.cluster.local:9080:${address}`;
      const answer = await run('curl', '-s', '--max-time', '10', '--resolve', resolve, url);
      expect(answer).toContain('URI=spiffe://cluster.local/ns/default/sa/ledger');
    });

    test('it is called by a pod, whom it knows by its service account', async () => {
      const answer = await calls('default/client');
      expect(answer).toContain('"machine":true');
      expect(answer).toContain('URI=spiffe://cluster.local/ns/default/sa/client');
      // Nobody without a certificate.
      const plain = `curl -s --max-time 5 -o /dev/null -w '%{http_code}' http://${machineIp}:8080/ || true`;
      expect(await execute('sh', ['-c', plain])).toBe('000');
    });

    test('it says which endpoints it has ejected, as a pod does', async () => {
      expect(await mesh.endpointsLeft('default/ledger-1')).toMatchObject({ endpoints: [], total: 0 });
    });

    test('a rotation of the root waits for it as for a pod', async () => {
      const report = await mesh.control().composition.mesh?.rootReport();
      expect(report?.workloads).toContain('default/ledger-1');
      expect(report?.proxies.find(({ proxy }) => proxy === 'default/ledger-1')).toMatchObject({
        roots: { state: 'held' },
        certificate: { state: 'held' },
      });
    });

    const hour = 3_600_000;
    async function ask(serviceAccount: string, machine: string, metadata = {}): Promise<RawStream> {
      const tokens = new LocalTokens({ key: await loadTokenKey(join(stateDir(), 'token-key.pem')), now: Date.now });
      const token = tokens.issue({ namespace: 'default', serviceAccount, pod: undefined }, hour);
      return askAsRawClient({
        address: `${mesh.playground.nodeIp}:15012`,
        rootPem: mesh.playground.controlPlane.rootPem,
        serverName: discoveryName,
        authorization: `Bearer ${token}`,
        node: { id: `sidecar~10.0.0.1~${machine}.default~default.svc.cluster.local`, metadata },
      });
    }

    test.each([
      ['a token of a service account that the entry does not name', 'server', 'ledger-1', 'OR2410'],
      ['a machine that nobody wrote down', 'ledger', 'ledger-2', 'OR2409'],
      ['a machine that says it is a pod', 'server', 'server-v1', 'OR2409'],
    ])('%s gets nothing', async (__, serviceAccount, machine, code) => {
      const stream = await ask(serviceAccount, machine);
      const { code: answered, details } = await stream.ended;
      expect({ answered, received: stream.received }).toEqual({ answered: status.PERMISSION_DENIED, received: [] });
      expect(details).toContain(code);
    });

    if (registers)
      test('it is not called while its probe fails', async () => {
        const answers = (code: string) => async () =>
          (await calls('default/client')).endsWith(`\n${code}`) || undefined;
        writeFileSync(sick(), '');
        await until('it is told to be unhealthy', async () => health() === 'unhealthy' || undefined, 30);
        await until('nobody calls it', answers('503'), 30);
        rmSync(sick());
        await until('it is called again', answers('200'), 30);
        expect(mesh.rejections).toEqual([]);
      });

    if (registers)
      test('its entry is gone ten seconds after its proxy, and back with it', async () => {
        const isThere = () => mesh.snapshot().machines.has('default/ledger-1');
        expect(isThere()).toBe(true);
        endProxy();
        await until('its entry is gone', async () => !isThere() || undefined, 30);
        endProxy = startProxy();
        await until(
          'it is called again',
          async () => (await calls('default/client')).endsWith('\n200') || undefined,
          30,
        );
      });

    if (registers)
      test('it is of no group but one of its own account, in its namespace', async () => {
        const stream = await ask('server', 'ledger-9', { AUTO_REGISTER_GROUP: 'ledger' });
        expect(await stream.ended).toMatchObject({
          code: status.PERMISSION_DENIED,
          details: expect.stringContaining('OR2410'),
        });
        const unknown = await ask('ledger', 'ledger-9', { AUTO_REGISTER_GROUP: 'nobody' });
        expect((await unknown.ended).details).toContain('OR2411');
        expect(mesh.snapshot().machines.has('default/ledger-9')).toBe(false);
      });

    if (!registers)
      test('it leaves, and nobody calls it any more; it comes back', async () => {
        expect(parse(readFileSync(join(folder, 'workloadentry.yaml'), 'utf8'))).toMatchObject({
          kind: 'WorkloadEntry',
          spec: { address: machineIp, serviceAccount: 'ledger' },
        });
        await mesh.remove('machine.yaml');
        const gone = await until('its endpoint is gone', async () => {
          const answer = await calls('default/client');
          return /\n503$/.test(answer) ? answer : undefined;
        });
        expect(gone).not.toContain('"machine":true');
        await mesh.apply('machine.yaml', written());
        await until('it is called again', async () => (await calls('default/client')).endsWith('\n200') || undefined);
        expect(mesh.rejections).toEqual([]);
        expect(mesh.problems).toEqual([]);
      });
  },
);
