import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from '@bufbuild/cel';
import { afterAll, expect, test } from 'vitest';
import { whyNotOfEnvoy } from '../../src/schema/telemetry/cel-of-envoy.ts';
import { findEnvoy } from './binary.ts';

const envoy = findEnvoy('envoy');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-cel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const taken = [
  ...[
    'response.code >= 400 && connection.mtls',
    'a.b > 3 ? -1 : 2',
    '1 in [1, 2]',
    '{"a": 1}.a',
    'has(request.headers.a)',
  ],
  ...[
    'size("a")',
    '"a".size()',
    '!("a" in request.headers)',
    'request.headers["a"]',
    '1u + 2u',
    'null',
    'b"a" == b"b"',
  ],
  ...['contains("a", "b")', '"a".contains("b")', '"a".startsWith("b")', 'endsWith("a", "b")'],
  ...['"a".matches("^a$")', 'matches("a", "b")', '"a".matches("a" + "[")'],
  ...['type(1)', 'int("1")', 'uint(1)', 'double(1)', 'bytes("a")', 'bool("true")', 'duration("1s")', 'dyn(1)'],
  ...['timestamp("2020-01-01T00:00:00Z").getFullYear()', 'request.time.getHours("UTC")', 'request.time.getMonth()'],
  ...[
    'request.time.getDate()',
    'request.time.getDayOfMonth()',
    'request.time.getDayOfWeek()',
    'request.time.getDayOfYear()',
  ],
  ...['request.duration.getMilliseconds()', 'request.time.getMinutes("UTC")', 'request.time.getSeconds()'],
  ...['re.extract("a", "b", "c")', 're.capture("a", "b")', 're.captureN("a", "b")'],
];
const refused = [
  ...[
    'none(1)',
    'size(1, 2)',
    '"a".startsWith("b", "c")',
    '"1".int()',
    'request.host.type()',
    'getHours(request.time)',
  ],
  ...[
    'string(1)',
    '"a".split(",")',
    '"a".lowerAscii()',
    '["a"].join(",")',
    '"a".replace("b", "c")',
    'math.least(1, 2)',
  ],
  ...['"a".matches("[")', 'matches("a", "(?=b)")', 're.extract("a", "b")', 'cel.bind(x, 1, x)', 'true || none(1)'],
  ...['[1].map(a, a)', '[1].exists(a, a == 1)', 'request.headers.all(a, a == "b")', '{"a": none(1)}', '[none(1)]'],
  ...['Foo{a: 1}.a', 'none(1).b'],
];

/** What Envoy says of a listener whose log is filtered by each of them. */
function ask(expressions: readonly string[]): string {
  const hcm = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    ...{ stat_prefix: 'x', route_config: { name: 'r' } },
    access_log: expressions.map(accessLog),
  };
  const listener = {
    ...{ name: 'x', address: { socket_address: { address: '127.0.0.1', port_value: 1 } } },
    filter_chains: [{ filters: [{ name: 'http', typed_config: hcm }] }],
  };
  const path = join(folder, 'bootstrap.json');
  writeFileSync(path, JSON.stringify({ static_resources: { listeners: [listener] } }));
  const args = ['-c', path, '--mode', 'validate', '-l', 'error'];
  const { status, stdout, stderr } = spawnSync(envoy ?? '', args, { encoding: 'utf8' });
  return status === 0 ? '' : `${stderr}${stdout}`;
}

const accessLog = (expression: string) => ({
  filter: {
    extension_filter: {
      name: 'envoy.access_loggers.extension_filters.cel',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter',
        expression,
      },
    },
  },
  name: 'envoy.access_loggers.file',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
    path: '/dev/null',
  },
});

const whyNot = (expression: string): string | undefined => whyNotOfEnvoy(parse(expression).expr);

test.skipIf(envoy === undefined)('Envoy makes a program of each expression that is taken', () => {
  expect(taken.filter((expression) => whyNot(expression) !== undefined)).toEqual([]);
  expect(ask(taken)).toBe('');
});

test.skipIf(envoy === undefined).each(refused)('neither Envoy nor we take %s', (expression) => {
  expect(whyNot(expression)).toBeTypeOf('string');
  expect(ask([expression])).toMatch(/failed to create an expression/);
});
