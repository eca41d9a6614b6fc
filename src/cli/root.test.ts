import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeMeshRoot } from '../identity/workload/make-mesh-root.ts';
import { MeshRootFile } from '../identity/workload/mesh-root-file.ts';
import { createProgram } from './program.ts';

let folder: string;
let state: string;
let said: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  state = join(folder, 'state');
  await mkdir(state);
  const root = await makeMeshRoot(new Date());
  await new MeshRootFile(join(state, 'mesh-root.pem')).save(root);
  await writeFile(join(state, 'ca.crt'), root.rootsPem);
  said = '';
  for (const stream of [process.stderr, process.stdout])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said += text;
      return true;
    });
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

const root = (command: string, ...more: string[]) =>
  createProgram().parseAsync(['root', command, '--state-dir', state, ...more], { from: 'user' });

test.each([
  '--port=abc',
  '--port=0',
  '--timeout=0',
  '--timeout=x',
  '--mount-seconds=-1',
  '--replica=foo',
  '--replica=http://localhost:1',
  '--ca-file=/nonexistent',
  '--ca-file=/etc/passwd',
  '--without=pod',
  '--namespace=a/b',
])('%s is a wrong command line, and nothing is touched', async (flag) => {
  const before = await readFile(join(state, 'mesh-root.pem'), 'utf8');
  await expect(root('rotate', flag)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  expect(said).toContain('It has to be');
  expect(await readdir(state)).toEqual(['ca.crt', 'mesh-root.pem']);
  expect(await readFile(join(state, 'mesh-root.pem'), 'utf8')).toBe(before);
});

test('a state folder whose CA cannot be read is told before anything is touched', async () => {
  await rm(join(state, 'ca.crt'));
  await expect(root('rotate')).rejects.toMatchObject({ code: 'OR1801', at: join(state, 'ca.crt') });
  expect(await readdir(state)).toEqual(['mesh-root.pem']);
});

test('flags as they should be: it begins, and names who is behind', async () => {
  const flags = ['--replica=https://localhost:1', '--timeout=1', '--without=a/b', '--without=a/c'];
  await root('rotate', ...flags);
  expect(said).toMatch(/A rotation begins[\s\S]*replica https:\/\/localhost:1: /);
  expect(process.exitCode).toBe(3);
});

test.each(['rotate', 'status'])('root %s of a folder without a root', async (command) => {
  await rm(join(state, 'mesh-root.pem'));
  await expect(root(command)).rejects.toMatchObject({ code: 'OR2243', remedy: expect.stringContaining('--state-dir') });
});
