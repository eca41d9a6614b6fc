import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { everythingOf } from '../../src/discovery/everything.ts';
import type { ProxyResources } from '../../src/xds/resource.ts';
import { caseNames, configOfCase, deliveries } from '../config-cases.ts';
import { findEnvoy } from './binary.ts';

/** The real Envoy takes every golden configuration. */
const envoy = findEnvoy('envoy');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Tree = Record<string, unknown>;

/**
 * The routes in place of their names, with the virtual hosts that would come one by one, so that all of it is checked at
 * once. Secrets come from a file that is not there: in this mode Envoy has no stream to ask for them.
 */
function whole(value: unknown, routes: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => whole(item, routes));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Tree).map(([key, inner]): [string, unknown] => {
    if (key === 'rds') return ['route_config', routes.get(String((inner as Tree)['route_config_name']))];
    if (key === 'sds_config') return [key, { path_config_source: { path: join(folder, 'sds.yaml') } }];
    return [key, whole(inner, routes)];
  });
  return Object.fromEntries(entries);
}

function bootstrapOf(config: ProxyResources): unknown {
  const all = everythingOf(config);
  const of = (type: string) => all.filter((resource) => resource.type === type).map(({ message }) => message as Tree);
  const hosts = of('virtualHost');
  const routes = new Map(
    of('route').map((route) => {
      const own = hosts.filter((host) => String(host['name']).startsWith(`${route['name']}/`));
      const { vhds: _, virtual_hosts: listed = [], ...rest } = route;
      return [String(route['name']), { ...rest, virtual_hosts: [...own, ...(listed as Tree[])] }];
    }),
  );
  return {
    node: { id: 'sidecar~10.0.0.1~a.default~x', cluster: 'a' },
    static_resources: {
      clusters: of('cluster').map((cluster) => whole(cluster, routes)),
      listeners: of('listener').map((listener) => whole(listener, routes)),
    },
  };
}

const cases = caseNames.flatMap((name) => deliveries.map((delivery) => [name, delivery] as const));

test.skipIf(envoy === undefined).each(cases)('%s, %s', (name, delivery) => {
  writeFileSync(join(folder, 'sds.yaml'), 'resources: []\n');
  const path = join(folder, 'bootstrap.json');
  writeFileSync(path, JSON.stringify(bootstrapOf(configOfCase(name, delivery))));
  const args = ['-c', path, '--mode', 'validate', '-l', 'error'];
  const { status, stdout, stderr } = spawnSync(envoy ?? '', args, { encoding: 'utf8' });
  expect(`${status} ${stderr}${stdout}`).toMatch(/^0 .*OK/s);
});
