import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { createProgram } from './program.ts';

let printed: string;
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

async function create(...args: string[]): Promise<unknown> {
  await createProgram().parseAsync(['workload', 'group', 'create', ...args], { from: 'user' });
  return parse(printed);
}

test('a group with all that may be said of it', async () => {
  const flags = ['--name', 'a.b', '-n', 'shop', '-l', 'app=a,v=1', '-a', 'x.io/y=z', '-p', 'http=80,tcp=9000'];
  expect(await create(...flags, '-s', 'sa')).toEqual({
    apiVersion: 'networking.istio.io/v1',
    kind: 'WorkloadGroup',
    metadata: { name: 'a.b', namespace: 'shop' },
    spec: {
      metadata: { labels: { app: 'a', v: '1' }, annotations: { 'x.io/y': 'z' } },
      template: { ports: { http: 80, tcp: 9000 }, serviceAccount: 'sa' },
    },
  });
});

test.each([
  ['--name=Bad/Name'],
  ['--name=a', '-p', 'http=99999'],
  ['--name=a', '-p', 'http=0'],
  ['--name=a', '-p', 'http=80,http=81'],
  ['--name=a', '-p', '='],
  ['--name=a', '--namespace=a.b'],
  ['--name=a', '--serviceAccount=A/b'],
  ['--name=a', '--labels=app'],
  ['--name=a', '--labels=app=a b'],
  ['--name=a', '--labels=a b=c'],
  ['--name=a', '--annotations=x'],
])('%s %s %s is a wrong command line, and nothing is printed', async (...args) => {
  await expect(create(...args)).rejects.toMatchObject({ code: expect.stringMatching(/^commander\./) });
  expect(printed).toBe('');
});
