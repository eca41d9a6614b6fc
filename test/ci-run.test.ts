import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

/** `.ci/run` in a tree where npm, the install steps and the tools are small scripts: what it makes of their results. */
const folder = mkdtempSync(join(tmpdir(), 'outrigger-ci-'));
afterAll(() => rmSync(folder, { recursive: true }));

const green = report({ status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'passed' }] });
const suites = ['unit', 'envoy', 'netns', 'mesh', 'soak', 'simulation', 'ui', 'telemetry', 'cluster', 'e2e'];
/** Two of each suite. */
const all = 2 * suites.length;
const steps = ['envoy', 'netns', 'cluster', 'ui', 'telemetry'].map((suite) => `test/${suite}/install.sh`);

interface Machine {
  /** Script texts in place of the ones that succeed; a path of an install step or a tool. `undefined`: absent. */
  readonly scripts?: Readonly<Record<string, string | undefined>>;
  /** Reports in place of the green ones. `undefined`: none is written. */
  readonly reports?: Readonly<Record<string, string | undefined>>;
}

function report(...testResults: readonly unknown[]): string {
  return JSON.stringify({ testResults });
}

let made = 0;

/** The tree, and what `.ci/run` is started with there. */
function prepare({ scripts = {}, reports = {} }: Machine) {
  const root = join(folder, `${made++}`);
  const written: Record<string, string | undefined> = {
    ...Object.fromEntries(steps.map((step) => [step, 'exit 0'])),
    ...Object.fromEntries(['go', 'etcd', 'apt-get', 'python3'].map((tool) => [`bin/${tool}`, 'exit 0'])),
    'bin/id': 'echo 0',
    'bin/npm': npm,
    ...scripts,
  };
  for (const [path, text] of Object.entries(written)) {
    if (text === undefined) continue;
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), `#!/bin/sh\n${text}\n`);
    chmodSync(join(root, path), 0o755);
  }
  for (const [suite, text] of Object.entries({
    ...Object.fromEntries(suites.map((name) => [name, green])),
    ...reports,
  }))
    if (text !== undefined) writeFileSync(join(root, `${suite}.json`), text);
  cpSync(join(import.meta.dirname, '../.ci'), join(root, '.ci'), { recursive: true });
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  symlinkSync(process.execPath, join(root, 'node_modules/.bin/node'));
  for (const tool of [
    'bash',
    'sh',
    'dirname',
    'mktemp',
    'rm',
    'date',
    'timeout',
    'tail',
    'env',
    'cp',
    'grep',
    'nice',
    'sed',
    'mkfifo',
    'sleep',
    'mkdir',
    'true',
    'chmod',
  ]) {
    const path = ['/usr/bin', '/bin'].map((bin) => join(bin, tool)).find((candidate) => existsSync(candidate));
    if (path !== undefined) symlinkSync(path, join(root, 'bin', tool));
  }
  return { root, command: join(root, '.ci/run'), env: { PATH: join(root, 'bin'), HOME: root, STUBS: root } };
}

function run(machine: Machine) {
  const { command, env } = prepare(machine);
  const { status, stdout, stderr } = spawnSync(command, { env, encoding: 'utf8' });
  return { status, out: stdout + stderr, last: stdout.trimEnd().split('\n').at(-1) };
}

/** Writes the report of the suite, and ends as vitest does: 1 when the report has a failure. */
const npm = `case "$1" in ci) exit 0 ;; test) name=unit ;; run) name="\${2#test:}" ;; esac
for last; do :; done
[ -f "$STUBS/$name.json" ] || exit 1
cp "$STUBS/$name.json" "\${last#--outputFile.json=}"
! grep -q failed "$STUBS/$name.json"`;

/** Tools that make a network of its own for a command, as far as this goes without one. */
const networks = { 'bin/unshare': 'shift 4; exec "$@"', 'bin/ip': 'exit 0', 'bin/mount': 'exit 0' };

/** Before the suite that is named: waits for the file that another one writes, for a minute. */
const meets = (suite: string, other: string): string =>
  `if [ "$2" = "test:${suite}" ]; then : >"$STUBS/at-${suite}"; i=0; until [ -e "$STUBS/at-${other}" ] || [ $i = 600 ]; do i=$((i + 1)); sleep 0.1; done; fi`;

const linux = process.platform === 'linux';

test.skipIf(!linux)('everything runs and is added up', () => {
  const { status, last, out } = run({});
  expect(last, out).toBe(`${all} passed, 0 failed, 0 skipped`);
  expect(status).toBe(0);
});

describe.skipIf(!linux)('it is red when', () => {
  const skippedAll = report({ status: 'passed', assertionResults: [{ status: 'skipped' }, { status: 'skipped' }] });
  test.each(suites)('%s ran no test', (suite) => {
    const skipped = run({ reports: { [suite]: skippedAll } });
    expect([skipped.status, skipped.last]).toEqual([1, `${all - 2} passed, 1 failed, 2 skipped`]);
    expect(skipped.out).toContain(`FAILED: ${suite} could run and ran no test`);
  });

  test('a suite left no report, an empty one or half of one', () => {
    const reports = { unit: undefined, netns: report(), cluster: '{"testResults": [' };
    const { status, last } = run({ reports });
    expect([status, last]).toEqual([1, `${all - 6} passed, 3 failed, 0 skipped`]);
  });

  test('a test failed, or a file could not be loaded', () => {
    const failed = report({ status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] });
    const broken = report({ status: 'failed', assertionResults: [] });
    const { status, last } = run({ reports: { unit: failed, netns: broken } });
    expect([status, last]).toEqual([1, `${all - 3} passed, 2 failed, 0 skipped`]);
  });

  test.each([
    ['test/envoy/install.sh', '6 passed, 1 failed, 0 skipped'],
    ['test/netns/install.sh', '8 passed, 1 failed, 0 skipped'],
    ['test/telemetry/install.sh', `${all - 2} passed, 1 failed, 0 skipped`],
    ['test/ui/install.sh', `${all - 2} passed, 1 failed, 0 skipped`],
    ['test/cluster/install.sh', `${all - 4} passed, 1 failed, 0 skipped`],
  ])('%s fails; the end of its log is shown', (step, expected) => {
    const { status, last, out } = run({ scripts: { [step]: 'echo "the disk is full" >&2; exit 7' } });
    expect([status, last]).toEqual([1, expected]);
    expect(out).toContain('the disk is full');
    expect(out).toContain(`FAILED: ${step}`);
  });

  test('npm ci fails twice; once is forgiven', () => {
    const twice = run({ scripts: { 'bin/npm': 'echo "no network"; exit 1' } });
    expect([twice.status, twice.last]).toEqual([1, '0 passed, 1 failed, 0 skipped']);
    expect(twice.out.match(/no network/g)).toHaveLength(2);
    const once = `[ "$1" != ci ] || [ -e "$STUBS/tried" ] || { : >"$STUBS/tried"; exit 1; }\n${npm}`;
    expect(run({ scripts: { 'bin/npm': once } }).last).toBe(`${all} passed, 0 failed, 0 skipped`);
  });

  test('vitest ends with an error although no test failed', () => {
    const { status, last } = run({ scripts: { 'bin/npm': `${npm}\n[ "$1" = ci ] || exit 1` } });
    expect([status, last]).toEqual([1, `${all} passed, ${suites.length} failed, 0 skipped`]);
  });
});

describe.skipIf(!linux)('it is green and says what it left out when', () => {
  test('this is not root', () => {
    const { status, last, out } = run({ scripts: { 'bin/id': 'echo 1000' } });
    expect([status, last]).toEqual([0, '6 passed, 0 failed, 2 skipped']);
    expect(out).toContain('SKIPPED: netns: this is not root');
    const noEtcd = run({ scripts: { 'bin/id': 'echo 1000', 'bin/etcd': undefined } });
    expect([noEtcd.status, noEtcd.last]).toEqual([0, '4 passed, 0 failed, 3 skipped']);
  });

  test('there is neither Python nor an Envoy', () => {
    const { status, last } = run({ scripts: { 'bin/python3': undefined, 'test/envoy/install.sh': 'exit 127' } });
    expect([status, last]).toEqual([0, '6 passed, 0 failed, 2 skipped']);
  });
});

describe.skipIf(!linux)('where networks can be had', () => {
  test('two suites run at a time, their lines marked; all is added up', () => {
    const both = `${meets('mesh', 'cluster')}\n${meets('cluster', 'mesh')}\n[ ! -e "$STUBS/at-cluster" ] || [ -e "$STUBS/at-mesh" ] || exit 1\n${npm}`;
    const { status, last, out } = run({ scripts: { ...networks, 'bin/npm': both } });
    expect([status, last], out).toEqual([0, `${all} passed, 0 failed, 0 skipped`]);
    expect(out).toContain('lane_1 | mesh: 2 passed');
    expect(out).toContain('lane_2 | cluster: 2 passed');
  });

  test('the API server cannot be built, and a suite beside others fails', () => {
    const failed = report({ status: 'failed', assertionResults: [{ status: 'failed' }] });
    const { status, last, out } = run({
      scripts: { ...networks, 'test/cluster/install.sh': 'echo "the disk is full" >&2; exit 7' },
      reports: { mesh: failed },
    });
    expect([status, last], out).toEqual([1, `${all - 6} passed, 2 failed, 0 skipped`]);
    expect(out).toContain('the disk is full');
  });

  test('a signal ends it and what it started', async () => {
    const waits = `case "$2" in test:mesh | test:netns) echo $$ >"$STUBS/pid-\${2#test:}"; exec sleep 600 ;; esac\n${npm}`;
    const { root, command, env } = prepare({ scripts: { ...networks, 'bin/npm': waits } });
    const child = spawn(command, { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const pids = ['mesh', 'netns'].map((suite) => join(root, `pid-${suite}`));
    const pidOf = (path: string) => (existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0);
    await expect.poll(() => pids.map(pidOf).every((pid) => pid > 0)).toBe(true);
    const started = pids.map(pidOf);
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
    await expect.poll(() => started.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });
});
