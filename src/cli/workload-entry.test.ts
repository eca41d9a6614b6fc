import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { loadTokenKey } from '../identity/tokens/token-key.ts';
import { makeMeshRoot } from '../identity/workload/make-mesh-root.ts';
import { MeshRootFile } from '../identity/workload/mesh-root-file.ts';
import { createProgram } from './program.ts';

let folder: string;
let said: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  const state = join(folder, 'state');
  await mkdir(state);
  await new MeshRootFile(join(state, 'mesh-root.pem')).save(await makeMeshRoot(new Date()));
  await loadTokenKey(join(state, 'token-key.pem'));
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const group = (metadata = '{name: ledger}') =>
  `{apiVersion: networking.istio.io/v1, kind: WorkloadGroup, metadata: ${metadata}, spec: {template: {serviceAccount: sa}}}\n`;

async function configure(text: string, ...more: string[]): Promise<unknown> {
  const file = join(folder, 'group.yaml');
  await writeFile(file, text);
  const args = ['-f', file, '-o', join(folder, 'out'), '--address', '10.0.0.1', '--state-dir', join(folder, 'state')];
  await createProgram().parseAsync(['workload', 'entry', 'configure', ...args, ...more], { from: 'user' });
  return parse(await readFile(join(folder, 'out', 'workloadentry.yaml'), 'utf8'));
}
const written = () => readdir(join(folder, 'out')).catch(() => []);

test('a group that names no namespace is in the one of -n', async () => {
  expect(await configure(group(), '-n', 'shop')).toMatchObject({
    metadata: { name: 'ledger-10-0-0-1', namespace: 'shop' },
    spec: { serviceAccount: 'sa', address: '10.0.0.1' },
  });
  const { node } = JSON.parse(await readFile(join(folder, 'out', 'envoy.json'), 'utf8'));
  expect(node.id).toBe('sidecar~10.0.0.1~ledger-10-0-0-1.shop~shop.svc.cluster.local');
});

test('a machine that registers itself says of which group it is, and has no entry to apply', async () => {
  await expect(configure(group(), '--autoregister')).rejects.toMatchObject({ code: 'ENOENT' });
  const { node } = JSON.parse(await readFile(join(folder, 'out', 'envoy.json'), 'utf8'));
  expect(node.metadata).toMatchObject({ AUTO_REGISTER_GROUP: 'ledger', NAMESPACE: 'default' });
  expect(said).toContain('Apply the WorkloadGroup');
});

test('a group that names one keeps it', async () => {
  expect(await configure(group('{name: a, namespace: b}'), '-n', 'shop')).toMatchObject({
    metadata: { namespace: 'b' },
  });
});

test.each([
  ['FD00::9', 'ledger-fd00--9'],
  ['fd00::', 'ledger-fd00--0'],
])('the name of %s is one of Kubernetes', async (address, name) => {
  expect(await configure(group(), '--address', address)).toMatchObject({ metadata: { name } });
});

test.each([
  ['--token-seconds', 'abc', '-5', '0', '59', '31536001'],
  ['--name', '../evil', 'a"b', 'Bad'],
  ['--namespace', 'a/b'],
  ['--control-plane', 'foo:99999', 'foo'],
  ['--folder', '/opt\n/x'],
])('a wrong %s is a wrong command line', async (flag, ...values) => {
  for (const value of values)
    await expect(configure(group(), `${flag}=${value}`)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  expect(await written()).toEqual([]);
  expect(said).toContain('It has to be');
});

test.each([
  ['broken YAML', 'a: [', 'OR1209'],
  ['no object', '# nothing', 'OR1804'],
  ['two objects', `${group()}---\n${group()}`, 'OR1806'],
  ['another kind', 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n', 'OR1806'],
  ['a name that is none', group('{name: ../evil}'), 'OR1806'],
  ['a namespace that is none', group('{name: a, namespace: "../b"}'), 'OR1806'],
])('%s is told', async (_, text, code) => {
  await expect(configure(text)).rejects.toMatchObject({ code });
  expect(await written()).toEqual([]);
});

test('where nothing can be written it is told', async () => {
  const taken = join(folder, 'taken');
  await writeFile(taken, '');
  for (const output of [taken, join(taken, 'below'), '/proc/none'])
    await expect(configure(group(), '-o', output), output).rejects.toMatchObject({ code: 'OR1807' });
});
