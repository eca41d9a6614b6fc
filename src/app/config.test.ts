import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConfigInput, configKeys, defaultConfig, readConfig } from './config.ts';
import { readText } from './config-values.ts';

const read = (input: Partial<ConfigInput>) => readConfig({ file: undefined, env: {}, flags: {}, sets: [], ...input });
const file = (text: string) => ({ name: 'outrigger.yaml', text });

test('every key has a description, a default, and names of its own', () => {
  for (const key of configKeys) {
    expect(key.description, key.path).not.toBe('');
    expect(key.default, key.path).toBeDefined();
  }
  expect(new Set(configKeys.map((key) => key.env)).size).toBe(configKeys.length);
  const flags = configKeys.flatMap((key) => key.flag ?? []);
  expect(new Set(flags).size).toBe(flags.length);
});

test('defaults', () => {
  const config = defaultConfig();
  expect(config.server.port).toBe(15017);
  expect(config.injection.proxy.resources.requests).toEqual({ cpu: '50m', memory: '64Mi' });
});

test('flags win over the environment, that over the file, that over defaults', () => {
  const input = { file: file('server: {port: 1}\n'), env: {}, flags: {}, sets: [] };
  expect(read(input).server.port).toBe(1);
  expect(read({ ...input, env: { OUTRIGGER_SERVER_PORT: '2' } }).server.port).toBe(2);
  expect(read({ ...input, env: { OUTRIGGER_SERVER_PORT: '2' }, flags: { port: '3' } }).server.port).toBe(3);
  expect(read({ ...input, env: { OUTRIGGER_SERVER_PORT: '2' }, sets: ['server.port=4'] }).server.port).toBe(4);
});

test('nested keys work in all three forms', () => {
  const level = (config: ReturnType<typeof read>) => config.injection.proxy.logLevel;
  expect(level(read({ sets: ['injection.proxy.logLevel=debug'] }))).toBe('debug');
  expect(level(read({ env: { OUTRIGGER_INJECTION_PROXY_LOG_LEVEL: 'debug' } }))).toBe('debug');
  expect(level(read({ file: file('injection:\n  proxy:\n    logLevel: debug\n') }))).toBe('debug');
});

test('lists and maps, as text and as data', () => {
  expect(read({ flags: { 'tls-names': 'a.example, 10.0.0.1' } }).tls.names).toEqual(['a.example', '10.0.0.1']);
  expect(read({ flags: { 'tls-names': '' } }).tls.names).toEqual([]);
  expect(read({ sets: ['injection.tags=prod=v1,test=v2'] }).injection.tags).toEqual({ prod: 'v1', test: 'v2' });
  const selector = '[{"matchLabels": {"a": "b"}}]';
  expect(read({ sets: [`injection.neverInjectSelector=${selector}`] }).injection.neverInjectSelector).toEqual([
    { matchLabels: { a: 'b' } },
  ]);
  expect(read({ file: file('injection: {nativeSidecars: true}') }).injection.nativeSidecars).toBe('true');
});

describe('a wrong key names the nearest right one', () => {
  test.each([
    [
      { file: file('log:\n  levle: info\n') },
      'OR1001 outrigger.yaml:2:3: there is no key log.levle; did you mean log.level?',
    ],
    [{ file: file('sever: {}\n') }, 'OR1001 outrigger.yaml:1:1: there is no key sever; did you mean server?'],
    [{ file: file('server:\n  logLevel: debug\n') }, /there is no key server.logLevel; did you mean .*logLevel\?/],
    [{ env: { OUTRIGGER_LOGLEVEL: 'x' } }, /^OR1001 OUTRIGGER_LOGLEVEL: .*did you mean OUTRIGGER_LOG_LEVEL\?/],
    [{ sets: ['injection.proxy.loglevel=x'] }, /^OR1001 --set: .*did you mean injection.proxy.logLevel\?/],
    [{ flags: { prot: '1' } }, /^OR1001 --prot: /],
    [{ file: file('zzzzzzzzzzzzzzzzz: 1\n') }, 'OR1001 outrigger.yaml:1:1: there is no key zzzzzzzzzzzzzzzzz'],
  ])('%o', (input, message) => {
    expect(() => read(input)).toThrow(message);
  });
});

describe('a bad value names key, value and what would be right', () => {
  test.each([
    [{ flags: { port: 'http' } }, 'OR1002 --port: server.port is "http", and must be a whole number from 0 to 65535'],
    [{ flags: { port: '70000' } }, /server.port is 70000, and must be a whole number from 0 to 65535/],
    [
      { env: { OUTRIGGER_LOG_LEVEL: 'loud' } },
      /^OR1002 OUTRIGGER_LOG_LEVEL: log.level is "loud", and must be one of "fatal"/,
    ],
    [{ file: file('server:\n  port: "80"\n') }, /^OR1002 outrigger.yaml:2:3: server.port is "80"/],
    [{ file: file('server: 80\n') }, /^OR1002 outrigger.yaml:1:1: server must be a map of keys/],
    [{ file: file('tls: {names: [1]}\n') }, /tls.names is \[1\], and must be a list of texts/],
    [{ sets: ['server.port'] }, /^OR1002 --set: server.port has no "=value"/],
    [{ sets: ['injection.enableNamespacesByDefault=yes'] }, /is "yes", and must be true or false/],
    [{ file: file('a: [1\n') }, /^OR1003 outrigger.yaml:\d+:\d+: /],
    [{ file: file('- a\n') }, /^OR1003 outrigger.yaml:1:1: it must be a map of keys/],
  ])('%o', (input, message) => {
    expect(() => read(input)).toThrow(message);
  });

  test('and all that is wrong is told at once', () => {
    const wrong = () => read({ flags: { port: 'x' }, env: { OUTRIGGER_NOTHING: '1' } });
    expect(wrong).toThrow(/OR1001 OUTRIGGER_NOTHING[\s\S]*\nOR1002 --port/);
  });
});

test('what Kubernetes puts into the environment for our own Service is no configuration', () => {
  const env = {
    OUTRIGGER_SERVICE_HOST: '10.0.0.1',
    OUTRIGGER_SERVICE_PORT: '443',
    OUTRIGGER_SERVICE_PORT_HTTPS: '443',
    OUTRIGGER_PORT: 'tcp://10.0.0.1:443',
    OUTRIGGER_PORT_443_TCP: 'tcp://10.0.0.1:443',
    OUTRIGGER_PORT_443_TCP_ADDR: '10.0.0.1',
    OUTRIGGER_SERVER_PORT: 'tcp://10.0.0.1:443',
    OUTRIGGER_GATEWAY_SERVICE_HOST: '10.0.0.2',
  };
  expect(read({ env })).toEqual(defaultConfig());
});

test("istiod's variables count, below our own", () => {
  expect(read({ env: { ENABLE_NATIVE_SIDECARS: 'false', PLATFORM: 'openshift' } }).injection).toMatchObject({
    nativeSidecars: 'false',
    platform: 'openshift',
  });
  expect(read({ env: { PLATFORM: 'linux/amd64' } }).injection.platform).toBe('');
  const env = { ENABLE_NATIVE_SIDECARS: 'false', OUTRIGGER_INJECTION_NATIVE_SIDECARS: 'auto' };
  expect(read({ env }).injection.nativeSidecars).toBe('auto');
});

test('any text for any key is taken or refused with a code, never anything else', () => {
  fc.assert(
    fc.property(fc.constantFrom(...configKeys), fc.string(), (key, text) => {
      readText(key, text);
      try {
        read({ sets: [`${key.path}=${text}`] });
      } catch (error) {
        expect(error).toMatchObject({ name: 'OutriggerError', code: 'OR1002' });
      }
    }),
    { numRuns: 500 },
  );
});
