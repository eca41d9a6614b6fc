import { expect, test } from 'vitest';
import { namespace, podOf, settings, texts } from '../../test/injector-fixture.ts';
import { bootstrapPatcher } from './bootstrap-patches.ts';
import { CurrentInjector } from './current-injector.ts';

const request = () => ({ pod: podOf(), namespace, nodes: [] });
const withThreads = (concurrency: number) => ({
  ...settings,
  mesh: { ...settings.mesh, defaultConfig: { concurrency } },
});

test('pods have the settings of now, remembered or not', () => {
  const injector = new CurrentInjector(settings, texts, bootstrapPatcher([]));
  const before = injector.remembering.inject(request()).patchBase64;
  const { patchJson } = injector.plain.inject(request());
  injector.use(withThreads(7));
  expect(injector.remembering.inject(request()).patchBase64).not.toBe(before);
  expect(injector.plain.inject(request()).patchJson).not.toBe(patchJson);
  injector.use(settings);
  expect(injector.remembering.inject(request()).patchBase64).toBe(before);
});

test('settings that make no injector change nothing', () => {
  const injector = new CurrentInjector(withThreads(7), texts, bootstrapPatcher([]));
  const before = injector.remembering.inject(request()).patchBase64;
  expect(() => injector.use(withThreads(-1))).toThrow(/^OR1203 .*concurrency/);
  expect(injector.remembering.inject(request()).patchBase64).toBe(before);
});
