import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { authorizationFor } from '../../src/policy/authorization/select.ts';
import type { AuthorizationPolicy } from '../../src/schema/kinds.ts';
import { validate } from '../../src/schema/validate.ts';
import { fixedHttpAuthorization } from '../../src/xds/filters/authorization.ts';
import { routerFilter } from '../../src/xds/filters/router.ts';
import { findEnvoy } from './binary.ts';

/** Envoy ends at a template that it cannot read, so none that the schema takes may be one. */
const envoy = findEnvoy('envoy');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-templates-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const segment = fc.oneof(
  fc.constantFrom('{*}', '{**}', '', 'a', 'a.b', '{*}.x', '{', '}', '{a}', '%', '%2f', '**', ':', '..'),
  fc.string({ unit: 'binary-ascii', maxLength: 4 }),
);
const paths = fc.sample(
  fc
    .tuple(fc.constantFrom('/', ''), fc.array(segment, { minLength: 1, maxLength: 8 }))
    .map(([s, p]) => s + p.join('/')),
  { numRuns: 20_000, seed: 7 },
);

function policyOf(path: string): AuthorizationPolicy | undefined {
  const { value, problems } = validate({
    ...{ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { name: 'x' } },
    spec: { rules: [{ to: [{ operation: { paths: [path] } }] }] },
  });
  return problems.some(({ severity }) => severity === 'error') ? undefined : (value as AuthorizationPolicy);
}

test.skipIf(envoy === undefined)('every path that is taken is one that Envoy can read', () => {
  const taken = [...new Set(paths)].filter((path) => path.includes('{') && policyOf(path) !== undefined);
  expect(taken.length).toBeGreaterThan(100);
  const origin = { kind: 'AuthorizationPolicy', namespace: 'x', name: 'x' };
  const configs = taken.flatMap((path, index) => {
    const spec = policyOf(path)?.spec;
    const about = { namespace: 'x', name: `p${index}`, createdAt: 0, labels: {}, annotations: {}, origin };
    return spec === undefined ? [] : [{ ...about, spec }];
  });
  const query = { namespace: 'x', labels: {}, rootNamespaces: [], trustDomains: ['td'] };
  const hcm = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    ...{ stat_prefix: 'x', route_config: { name: 'r' } },
    http_filters: [...fixedHttpAuthorization(authorizationFor(configs, query)), routerFilter],
  };
  const listener = {
    ...{ name: 'x', address: { socket_address: { address: '127.0.0.1', port_value: 1 } } },
    filter_chains: [{ filters: [{ name: 'http', typed_config: hcm }] }],
  };
  const path = join(folder, 'bootstrap.json');
  writeFileSync(path, JSON.stringify({ static_resources: { listeners: [listener] } }));
  const args = ['-c', path, '--mode', 'validate', '-l', 'error'];
  const { status, stdout, stderr } = spawnSync(envoy ?? '', args, { encoding: 'utf8' });
  expect(`${status} ${stderr}${stdout}`).toMatch(/^0 .*OK/s);
});
