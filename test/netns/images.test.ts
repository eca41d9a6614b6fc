import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildRules } from '../../src/interception/build-rules.ts';
import { parseCaptureArgs } from '../../src/interception/parse-args.ts';
import { controlPlaneImage } from '../e2e/node/control-plane-image.ts';
import { freePorts } from '../envoy/running-envoy.ts';
import { copyDebian, isDebian } from './debian-packages.ts';
import { stageOf, userOf } from './dockerfile.ts';
import { addLibraries, assembleRoot, enterImage, type ImageRoot } from './image-root.ts';
import { stateOf } from './init-container.ts';
import { createNamespace } from './namespace.ts';
import { productionPackages } from './production-packages.ts';
import { findRequirements } from './requirements.ts';

const envoy = findRequirements();
const runs = envoy !== undefined;
const checkout = resolve(import.meta.dirname, '../..');
const soon = { timeout: 60_000, interval: 100 };

/** What the Dockerfile's list of files makes of the image, which no container engine is here to build. */
describe.skipIf(!runs)('the image of the control plane', () => {
  const user = userOf(stageOf('control-plane'));
  const image = controlPlaneImage(checkout, join(checkout, 'node_modules/node/bin/node'));
  let folder = '';
  let root: ImageRoot;
  let server: ChildProcess | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-image-'));
    chmodSync(folder, 0o755);
    const { '/outrigger/node_modules': _, ...copied } = image.files;
    const packages = productionPackages(checkout)
      .filter((path) => path !== 'node_modules/node' && existsSync(join(checkout, path)))
      .map((path) => [join('/outrigger', path), join(checkout, path)]);
    root = assembleRoot(join(folder, 'root'), {
      files: { ...copied, ...Object.fromEntries(packages) },
      env: image.env ?? {},
    });
    // The base image's, which are Debian's as well.
    addLibraries(root, '/nodejs/bin/node');
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
        ...[
          '-addext',
          'subjectAltName=DNS:localhost',
          '-keyout',
          join(folder, 'tls.key'),
          '-out',
          join(folder, 'tls.crt'),
        ],
      ],
      { stdio: 'ignore' },
    );
    execFileSync('install', ['-d', '-o', String(user.uid), '-m', '0500', join(folder, 'tls')]);
    for (const name of ['tls.key', 'tls.crt'])
      execFileSync('install', ['-o', String(user.uid), '-m', '0400', join(folder, name), join(folder, 'tls', name)]);
  });

  afterAll(() => {
    server?.kill('SIGKILL');
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  const commandLine = (command: readonly string[]): [string, string[]] => {
    const volumes = { tls: join(folder, 'tls'), config: join(checkout, 'manifests/samples/config') };
    const [program = '', ...args] = enterImage(root, { user, volumes }, command);
    return [program, args];
  };

  /** The way of a container: the environment is the image's. */
  const env = (): NodeJS.ProcessEnv => ({
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...root.env,
  });

  function run(...command: string[]) {
    const [program, args] = commandLine(command);
    return spawnSync(program, args, { encoding: 'utf8', env: env(), maxBuffer: 64 * 1024 * 1024 });
  }

  test('is run by a user without rights, who can write nowhere and sees nothing else', () => {
    const [node = ''] = image.entrypoint;
    const look = `
      const fs = require('fs'), found = [], written = [];
      const walk = (at) => { for (const one of fs.readdirSync(at, { withFileTypes: true })) {
        const path = at + (at === '/' ? '' : '/') + one.name;
        found.push(path);
        if (one.isDirectory() && !/^\\/(proc|dev)$/.test(path)) walk(path);
      } };
      walk('/');
      for (const at of ['/', ...found.filter((path) => fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() && !path.startsWith('/proc'))])
        try { fs.writeFileSync(at + '/written', ''); written.push(at); } catch {}
      const status = fs.readFileSync('/proc/self/status', 'utf8');
      const processes = fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name));
      console.log(JSON.stringify({ ids: [process.getuid(), process.getgid(), process.getgroups()], found, written, processes,
        status: status.match(/^(CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs):.*$/gm) }));`;
    const { stdout, stderr } = run(node, '-e', look);
    expect(stderr).toBe('');
    const seen = JSON.parse(stdout) as {
      ids: unknown;
      found: string[];
      written: string[];
      processes: string[];
      status: string[];
    };
    expect(seen.ids).toEqual([65532, 65532, [65532]]);
    expect(seen.written).toEqual([]);
    expect(seen.processes).toEqual(['1']);
    const none = '0000000000000000';
    expect(seen.status.map((line) => line.split('\t')[1])).toEqual([none, none, none, none, '1']);
    const strange = seen.found.filter(
      (path) =>
        !/^\/(proc|dev|tmp|etc|volumes|outrigger|nodejs|lib|lib64)$/.test(path) &&
        !/^\/(dev\/(null|urandom|fd|std\w+)|nodejs\/bin(\/node)?|volumes\/.*|lib\/[a-z0-9_]+-linux-gnu(\/lib.*\.so\.\d+)?|lib64\/ld-.*|lib\/ld-.*)$/.test(
          path,
        ) &&
        !/^\/outrigger\/(package\.json|LICENSE|(src|dist|templates|manifests|node_modules)(\/.*)?)$/.test(path),
    );
    expect(strange).toEqual([]);
    // No other program than node, and nothing that was for the tests alone.
    expect(seen.found.filter((path) => /\/(sh|bash|busybox|npm|vitest)$/.test(path))).toEqual([]);
    expect(seen.found).toContain('/outrigger/src/main.ts');
  });

  test('manifest generate prints what it prints here', () => {
    const args = ['manifest', 'generate', '--set', 'profile=demo', '--set'];
    const inside = run(...image.entrypoint, ...args, 'ca.crt=/volumes/tls/tls.crt');
    expect(inside.stderr).toBe('');
    expect(inside.status).toBe(0);
    const here = [join(checkout, 'src/main.ts'), ...args, `ca.crt=${join(folder, 'tls.crt')}`];
    expect(inside.stdout).toBe(execFileSync(process.execPath, here, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }));
    expect(inside.stdout).toMatch(/^kind: MutatingWebhookConfiguration$/m);
  });

  test('serve answers over HTTPS, and ends when it is told to', async () => {
    const [port = 0] = await freePorts(1);
    const [program, args] = commandLine([
      ...image.entrypoint,
      ...['serve', '--config', '/volumes/config', '--port', String(port)],
      ...['--tls-cert-file', '/volumes/tls/tls.crt', '--tls-key-file', '/volumes/tls/tls.key'],
    ]);
    const started = spawn(program, args, { env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
    server = started;
    let said = '';
    for (const stream of [started.stdout, started.stderr]) stream?.on('data', (data) => (said += String(data)));
    const ended = new Promise<number | null>((done) => started.on('exit', done));
    await expect.poll(async () => (started.exitCode === null ? await statusOf(port) : said), soon).toBe(200);
    // Process 1 of the container, as the kubelet ends it.
    const [child = ''] = readFileSync(`/proc/${started.pid}/task/${started.pid}/children`, 'utf8').trim().split(' ');
    process.kill(Number(child), 'SIGTERM');
    expect(await ended, said).toBe(0);
    expect(said).not.toMatch(/EROFS|EACCES|EPERM/);
  });

  function statusOf(port: number): Promise<number | string> {
    const ca = readFileSync(join(folder, 'tls.crt'));
    return new Promise((done) => {
      get({ host: '127.0.0.1', servername: 'localhost', port, path: '/healthz/ready', ca }, (answer) => {
        answer.resume();
        done(answer.statusCode ?? 0);
      }).on('error', (error) => done(error.message));
    });
  }
});

describe.skipIf(!runs || !isDebian())('the image of the proxy', () => {
  const stage = stageOf('proxy');
  let folder = '';
  let root: ImageRoot;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-image-'));
    chmodSync(folder, 0o755);
    const place = join(folder, 'root');
    const [, packages = ''] = /apt-get install -y --no-install-recommends (.*?) *\\?$/m.exec(stage) ?? [];
    copyDebian(place, packages.split(' '));
    const copied = [...stage.matchAll(/^COPY (--\S+) (\S+) (\S+)$/gm)].map(([, option, from = '', to = '']) => [
      to,
      option === '--from=envoy' ? (envoy ?? '') : join(checkout, from),
    ]);
    expect(copied).toHaveLength(2);
    root = assembleRoot(place, { files: Object.fromEntries(copied), env: {} });
  });

  afterAll(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  const run = (command: readonly string[], more: NodeJS.ProcessEnv = {}) => {
    const [program = '', ...args] = command;
    return spawnSync(program, args, { encoding: 'utf8', env: { ...env, ...more } });
  };

  test('its Envoy and its script run without rights', () => {
    const user = userOf(stage);
    const [, command = '[]'] = /^CMD (.*)$/m.exec(stage) ?? [];
    const version = run(enterImage(root, { user }, JSON.parse(command)));
    expect(version.stderr).toBe('');
    expect(version.stdout).toMatch(/\/1\.40\.0\//);
    const use = run(enterImage(root, { user }, ['outrigger-proxy.sh']));
    expect(use.stderr).toMatch(/use: outrigger-proxy init \| wait/);
    expect(use.status).toBe(2);
  });

  test('its init container has all tools that it needs', () => {
    const namespace = createNamespace();
    try {
      const rules = buildRules(parseCaptureArgs(['-m', 'REDIRECT', '-u', '1337', '-i', '*', '-b', '*']));
      const user = { uid: 0, gid: 0, capabilities: ['net_admin', 'net_raw'] };
      const done = run(namespace.enter(enterImage(root, { user }, ['outrigger-proxy.sh', 'init'])), {
        OUTRIGGER_IPTABLES_V4: rules.v4,
        OUTRIGGER_IPTABLES_V6: rules.v6,
        OUTRIGGER_ROUTES: rules.routes.join('\n'),
      });
      expect(done.stderr).not.toMatch(/not found|No such file/);
      expect(done.status, done.stderr).toBe(0);
      expect(stateOf(namespace).match(/-A ISTIO_\S+/g)?.length).toBeGreaterThan(10);
    } finally {
      namespace.remove();
    }
  });
});
