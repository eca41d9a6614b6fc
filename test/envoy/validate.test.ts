import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { AppProbe, BootstrapInput } from '../../src/inject/render/bootstrap-input.ts';
import { findEnvoy } from './binary.ts';
import { argumentsFor, bootstrapInput, writePodFiles } from './running-envoy.ts';

const envoy = findEnvoy('envoy');
const root = writePodFiles({ token: 'token', rootCertificate: 'not yet' });
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What Envoy says of a bootstrap: empty when it takes it. */
function validate(input: BootstrapInput): string {
  const result = spawnSync(envoy ?? '', [...argumentsFor(input, root), '--mode', 'validate'], { encoding: 'utf8' });
  return result.status === 0 && result.stdout.includes('OK') ? '' : `${result.status} ${result.stdout}${result.stderr}`;
}

const base = { port: 8080, timeoutSeconds: 1, periodSeconds: 10 };
const probes: AppProbe[] = [
  { ...base, path: '/app-health/app/readyz', kind: 'http', http: { path: '/ready?full=1', https: false } },
  { ...base, path: '/app-health/app/livez', kind: 'tcp' },
  { ...base, path: '/app-health/app/startupz', kind: 'grpc', periodSeconds: 1, grpcService: 'shop.Cart' },
  { ...base, path: '/app-health/side/readyz', kind: 'grpc' },
  {
    ...base,
    path: '/app-lifecycle/app/prestopz',
    kind: 'http',
    periodSeconds: 0,
    http: { path: 'bye', https: true, host: 'a.b' },
  },
];

test.skipIf(envoy === undefined).each<[string, Partial<BootstrapInput>]>([
  ['no probes', {}],
  ['every kind of probe', { probes, scrape: [{ port: 8080, path: '/metrics' }] }],
  [
    'several scrape targets',
    {
      scrape: [
        { port: 1, path: '/a' },
        { port: 1, path: '/b' },
        { port: 2, path: 'c', https: true },
      ],
    },
  ],
  ['a gateway', { proxyType: 'router' }],
  ['not captured', { captured: false, probes }],
  ['a second status port', { extraStatusPorts: [15099] }],
  ['no status port', { statusPort: 0 }],
  [
    'statistics',
    {
      statsInclusion: { prefixes: ['cluster.outbound'], suffixes: ['upstream_rq_total'], regexps: ['^listener\\..*$'] },
    },
  ],
  ['metadata of every kind', { nodeMetadata: { A: 'x', B: [1, 'y', null, true], C: { D: { E: 'é "\\' } } } }],
])('the real Envoy takes a bootstrap: %s', (_, changes) => {
  expect(validate(bootstrapInput(changes))).toBe('');
});

test.skipIf(envoy === undefined)('and refuses one that is wrong, so the test above can fail', () => {
  expect(validate(bootstrapInput({ readyPort: 70_000 }))).toContain('70000');
});

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
const path = fc.constantFrom(
  '/',
  '',
  'a',
  '/a?b=c',
  '/$(POD_NAME)',
  '/\u0000',
  '/\r\nx: y',
  '/😀',
  '/%zz',
  '//x',
  '/a#b',
);
const anyProbe: fc.Arbitrary<AppProbe> = fc
  .record({
    kind: fc.constantFrom('http', 'tcp', 'grpc'),
    port: fc.integer({ min: 1, max: 65535 }),
    timeoutSeconds: fc.integer({ min: 1, max: 3600 }),
    periodSeconds: fc.integer({ min: 0, max: 86_400 }),
    http: fc.record({ path, https: fc.boolean() }),
    grpcService: fc.constantFrom('', 'a.B', '$$', 'é'),
  })
  .map((probe) => ({ ...probe, path: '' }));

test.skipIf(envoy === undefined)('the real Envoy takes what anybody may write into a pod', () => {
  const inputs = fc.record({
    probes: fc
      .array(anyProbe, { maxLength: 5 })
      .map((list) => list.map((probe, index) => ({ ...probe, path: `/app-health/c${index}/readyz` }))),
    scrape: fc.array(fc.record({ port: fc.integer({ min: 1, max: 65535 }), path }), { maxLength: 3 }),
    serviceCluster: text.map((value) => value.replaceAll('$', '$$$$')),
    proxyType: fc.constantFrom<'sidecar' | 'router'>('sidecar', 'router'),
  });
  fc.assert(
    fc.property(inputs, (changes) => {
      expect(validate(bootstrapInput(changes))).toBe('');
    }),
    { numRuns: 30, endOnFailure: true },
  );
});
