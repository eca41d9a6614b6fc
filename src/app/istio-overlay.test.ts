import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfigWithIstio } from './istio-overlay.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
});
afterEach(() => rm(folder, { recursive: true }));

const nothing = { file: undefined, env: {}, flags: {}, sets: [] };

test('values of Istio stand above the file and below the environment', async () => {
  const values = join(folder, 'values.yaml');
  await writeFile(values, 'global:\n  proxy:\n    logLevel: info\n    resources: {requests: {cpu: 77m}}\n');
  const file = { name: 'c.yaml', text: 'injection: {proxy: {logLevel: trace, statusPort: 15099}}' };
  const { config, reports } = await readConfigWithIstio({ ...nothing, file }, [values]);
  expect(config.injection.proxy.logLevel).toBe('info');
  expect(config.injection.proxy.statusPort).toBe(15099);
  expect(config.injection.proxy.resources.requests.cpu).toBe('77m');
  expect(reports.map((report) => report.key)).toContain('global.proxy.logLevel');
  const env = { OUTRIGGER_INJECTION_PROXY_LOG_LEVEL: 'error' };
  const above = await readConfigWithIstio({ ...nothing, file, env }, [values]);
  expect(above.config.injection.proxy.logLevel).toBe('error');
});

test('pairs as --set writes them are taken, later ones win, unknown ones are reported', async () => {
  const { config, reports } = await readConfigWithIstio(nothing, [
    'global.proxy.logLevel=info',
    'global.proxy.logLevel=debug',
    'some.thing=1',
  ]);
  expect(config.injection.proxy.logLevel).toBe('debug');
  expect(reports).toContainEqual(expect.objectContaining({ key: 'some.thing', state: 'reported' }));
});

test.each([
  ['a: [', /^OR1003 /],
  ['- a', /^OR1003 .*must be a map/],
])('a file with %j is refused', async (text, message) => {
  const values = join(folder, 'values.yaml');
  await writeFile(values, text);
  await expect(readConfigWithIstio(nothing, [values])).rejects.toThrow(message);
});

test('meshConfig is mapped onto the mesh, or reported, in each of its shapes', async () => {
  const meshConfig = 'meshConfig: {accessLogFile: /dev/stdout, enableTracing: true, defaultConfig: {concurrency: 3}}';
  for (const text of [meshConfig, `kind: IstioOperator\nspec: {${meshConfig}}`]) {
    const values = join(folder, 'values.yaml');
    await writeFile(values, text);
    const { config, reports, reconfigure } = await readConfigWithIstio(nothing, [values]);
    expect(config.mesh.accessLogFile).toBe('/dev/stdout');
    expect(config.injection.mesh.defaultConfig).toEqual({ concurrency: 3 });
    expect(reports).toContainEqual(expect.objectContaining({ key: 'meshConfig.enableTracing', state: 'reported' }));
    const { mesh } = reconfigure({ 'mesh.accessLogFile': '/a', 'mesh.accessLogEncoding': 'JSON' }, 'here');
    expect(mesh).toMatchObject({ accessLogFile: '/a', accessLogEncoding: 'JSON' });
    expect(() => reconfigure({ 'mesh.accessLogEncoding': 'XML' }, 'here')).toThrow(/^OR1002 here: /);
  }
});
