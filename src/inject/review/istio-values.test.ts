import { existsSync, readFileSync } from 'node:fs';
import Value from 'typebox/value';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { combineIstioValues, mapIstioValues, parseSetPair } from './istio-values.ts';
import { type InjectionSettings, InjectionSettingsSchema } from './settings.ts';

const base = Value.Default(InjectionSettingsSchema, {}) as InjectionSettings;
const map = (...sources: JsonObject[]) => mapIstioValues(combineIstioValues(sources), base);

describe("Istio's values", () => {
  test('values, an IstioOperator and {meshConfig} say the same', () => {
    const values = map({ global: { proxy: { logLevel: 'debug' } } }).settings;
    const operator = map({
      apiVersion: 'install.istio.io/v1alpha1',
      kind: 'IstioOperator',
      spec: { values: { global: { proxy: { logLevel: 'debug' } } } },
    }).settings;
    expect(values).toEqual({ ...base, proxy: { ...base.proxy, logLevel: 'debug' } });
    expect(operator).toEqual(values);
    expect(map({ meshConfig: { trustDomain: 'td' } }).settings.mesh.trustDomain).toBe('td');
    expect(map({ kind: 'IstioOperator', spec: { meshConfig: { trustDomain: 'td' } } }).settings.mesh.trustDomain).toBe(
      'td',
    );
  });

  test('later sources win key by key, a null takes a default out', () => {
    const pair = parseSetPair('values.global.proxy.resources.limits.cpu=null') ?? {};
    const { settings } = map({ global: { proxy: { resources: { limits: { cpu: '1', memory: '2Gi' } } } } }, pair);
    expect(settings.proxy.resources.limits).toEqual({ cpu: null, memory: '2Gi' });
  });

  test('hub, tag and image are reported, never taken', () => {
    const { settings, reports } = map({ global: { hub: 'docker.io/istio', tag: '1.30', proxy: { image: 'proxyv2' } } });
    expect(settings.image).toEqual(base.image);
    expect(reports.map((one) => [one.key, one.state])).toEqual([
      ['global.hub', 'reported'],
      ['global.tag', 'reported'],
      ['global.proxy.image', 'reported'],
    ]);
  });

  test('an unknown key is reported; a Go template is, too', () => {
    const { reports } = map({ nonsense: { a: 1 }, sidecarInjectorWebhook: { templates: { mine: 'x: {{ .Y }}' } } });
    expect(reports.map((one) => one.key)).toEqual(['nonsense.a', 'sidecarInjectorWebhook.templates.mine']);
    expect(reports[1]?.text).toMatch(/Go text template/);
  });

  test('a misspelt key is named with the nearest', () => {
    const { reports } = map(parseSetPair('global.proxi.logLevel=debug') ?? {}, parseSetPair('global.meshId=x') ?? {});
    expect(reports.map((one) => one.text)).toEqual([
      'unknown to the injector, it has no effect; did you mean global.proxy.logLevel?',
      'unknown to the injector, it has no effect; did you mean global.meshID?',
    ]);
  });

  test.each(['global.proxy.statusPort=x', 'global.proxy.autoInject=maybe', 'global.proxy.privileged=7'])(
    'a bad value is an error with its key: %s',
    (pair) => {
      expect(() => map(parseSetPair(pair) ?? {})).toThrow(/^OR1002 istio-values /);
    },
  );

  test.each<[string, JsonObject | undefined]>([
    ['a.b=1', { a: { b: 1 } }],
    ['values.a=true', { a: true }],
    ['a\\.b.c=x=y', { 'a.b': { c: 'x=y' } }],
    ['a=', { a: '' }],
    ['a', undefined],
    ['=x', undefined],
    ['a..b=1', undefined],
  ])('--set %s', (pair, tree) => expect(parseSetPair(pair)).toEqual(tree));

  const defaults = new URL('../../../../shared/istio-inject/default-values.json', import.meta.url);
  test.skipIf(!existsSync(defaults))("every key of Istio's own defaults is known", () => {
    const { reports } = map(JSON.parse(readFileSync(defaults, 'utf8')) as JsonObject);
    expect(reports.filter((one) => one.text.startsWith('unknown'))).toEqual([]);
  });
});
