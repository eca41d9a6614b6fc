import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { escapeVariables } from '../../model/kubelet-variables.ts';
import { compileBootstrap, compileBootstrapText, renderPlainly } from './bootstrap.ts';
import { envoyArgs } from './bootstrap-args.ts';
import type { AppProbe, BootstrapInput } from './bootstrap-input.ts';
import { requestPath } from './bootstrap-probes.ts';

const template = parse(readFileSync(join(import.meta.dirname, '../../../templates/bootstrap/envoy.yaml'), 'utf8'));
const compiled = compileBootstrap(template);
const compiledText = compileBootstrapText(template);

const port = fc.integer({ min: 1, max: 65535 });
const probe: fc.Arbitrary<AppProbe> = fc.record({
  path: fc.string({ minLength: 1 }).map((name) => `/app-health/${name}/readyz`),
  kind: fc.constantFrom('http', 'tcp', 'grpc'),
  port,
  timeoutSeconds: fc.integer({ min: 1, max: 60 }),
  periodSeconds: fc.integer({ min: 0, max: 60 }),
  http: fc.record({ path: fc.string({ unit: 'grapheme' }), https: fc.boolean() }),
});
const input: fc.Arbitrary<BootstrapInput> = fc.record({
  proxyType: fc.constantFrom('sidecar', 'router'),
  nodeMetadata: fc.dictionary(fc.string(), fc.string()),
  serviceCluster: fc.string(),
  domainSuffix: fc.string(),
  discovery: fc.record({ host: fc.string(), port }),
  statusPort: fc.oneof(port, fc.constant(0)),
  probes: fc.array(probe, { maxLength: 4 }),
  scrape: fc.array(fc.record({ port, path: fc.string() }), { maxLength: 3 }),
  adminPort: port,
  readyPort: port,
  metricsPort: port,
});

test('the compiled template is the template', () => {
  fc.assert(
    fc.property(input, (value) => {
      const plain = renderPlainly(template, value);
      expect(compiled(value)).toEqual(plain);
      expect(compiledText(value)).toBe(JSON.stringify(plain));
    }),
    { numRuns: 150 },
  );
});

/** Kubernetes: `$(NAME)` and `$$`; anything else stays. */
function expand(text: string, variables: Record<string, string>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, body: string, name: string) =>
    body === '$' ? '$' : (variables[name] ?? whole),
  );
}

test('no text of a user is replaced by the kubelet, whatever dollars it holds', () => {
  const evil = fc.array(fc.constantFrom('$', '$$', '$(POD_NAME)', '(', ')', 'a', '$('), { maxLength: 8 });
  fc.assert(
    fc.property(evil, (parts) => {
      const text = parts.join('');
      expect(expand(escapeVariables(text), { POD_NAME: 'replaced' })).toBe(text);
    }),
  );
});

const plainInput: BootstrapInput = {
  proxyType: 'sidecar',
  nodeMetadata: {},
  serviceCluster: 'app.shop',
  domainSuffix: 'cluster.local',
  discovery: { host: 'outrigger.outrigger-system.svc', port: 15012 },
  statusPort: 15020,
  probes: [],
  scrape: [],
  adminPort: 15000,
  readyPort: 15021,
  metricsPort: 15090,
};

test('the variables of the pod are the only ones, and the scripts come through the kubelet unchanged', () => {
  const text = compiledText(plainInput);
  const names = new Set([...text.matchAll(/\$\(([^)]*)\)/g)].map((match) => match[1]));
  expect([...names].sort()).toEqual(['INSTANCE_IP', 'POD_NAME', 'POD_NAMESPACE']);
  expect(text).not.toContain('$$');
  expect(text).toContain(
    '"id":"sidecar~$(INSTANCE_IP)~$(POD_NAME).$(POD_NAMESPACE)~$(POD_NAMESPACE).svc.cluster.local"',
  );
});

test('istio_build tells the version of this build', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
  expect(compiledText(plainInput)).toContain(`{"name":"tag","value_format":"${version}"}`);
});

test('without a status port there is no such listener', () => {
  expect(compiledText({ ...plainInput, statusPort: 0 })).not.toContain('"name":"status"');
});

test.each([
  ['/healthz', '/healthz'],
  ['healthz', '/healthz'],
  ['', '/'],
  ['/a b', '/a%20b'],
  ['/é?x=ü#part', '/%C3%A9?x=%C3%BC'],
  ['/a%20b', '/a%20b'],
  ['/$(POD_NAME)', '/$$(POD_NAME)'],
  ['/a\r\nhost: x', '/a%0D%0Ahost:%20x'],
])('the kubelet requests %j as %j', (path, requested) => {
  expect(requestPath(path)).toBe(requested);
});

test('the command line', () => {
  const args = envoyArgs({ bootstrap: { a: 1 }, logLevel: 'warning', componentLogLevel: 'misc:error', concurrency: 2 });
  expect(args).toEqual([
    ...['--config-yaml', '{"a":1}', '--log-level', 'warning', '--component-log-level', 'misc:error'],
    ...['--concurrency', '2', '--drain-time-s', '600', '--drain-strategy', 'immediate', '--disable-hot-restart'],
  ]);
  const override = envoyArgs({ bootstrap: '{}', logLevel: 'off', concurrency: 0, overridePath: '/x.json' });
  expect(override.slice(0, 4)).toEqual(['-c', '/x.json', '--config-yaml', '{}']);
  expect(override).not.toContain('--concurrency');
});
