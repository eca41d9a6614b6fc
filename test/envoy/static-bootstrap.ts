import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { everythingOf } from '../../src/discovery/everything.ts';
import type { ProxyResources } from '../../src/xds/resource.ts';
import { selfSigned } from './test-certificates.ts';

const certificate = selfSigned('app.example.com');

type Tree = Record<string, unknown>;

/**
 * The routes in place of their names, with the virtual hosts that would come one by one, so that all of it is checked at
 * once. Secrets come from a file that is not there: in this mode Envoy has no stream to ask for them.
 */
interface Parts {
  readonly routes: ReadonlyMap<string, unknown>;
  readonly filters: ReadonlyMap<string, unknown>;
  readonly secrets: string;
}

function whole(value: unknown, parts: Parts): unknown {
  if (Array.isArray(value)) return value.map((item) => whole(item, parts));
  if (typeof value !== 'object' || value === null) return value;
  const { routes, filters, secrets } = parts;
  const name = String((value as Tree)['name']);
  const entries = Object.entries(value as Tree).map(([key, inner]): [string, unknown] => {
    if (key === 'rds') return ['route_config', routes.get(String((inner as Tree)['route_config_name']))];
    if (key === 'config_discovery') return ['typed_config', filters.get(name)];
    if (key === 'sds_config') return [key, { path_config_source: { path: secrets } }];
    if (key === 'filename' && /\.(crt|key)$/.test(String(inner))) return [key, ownFile(String(inner), secrets)];
    if (key === 'watched_directory') return [key, { path: dirname(secrets) }];
    return [key, whole(inner, parts)];
  });
  return Object.fromEntries(entries);
}

/** A file of a pod, in this machine beside that of the secrets. */
function ownFile(path: string, secrets: string): string {
  const file = join(dirname(secrets), path.endsWith('.key') ? 'tls.key' : 'tls.crt');
  if (!existsSync(file)) writeFileSync(file, path.endsWith('.key') ? certificate.key : certificate.certificate);
  return file;
}

/** All that a proxy would get, as one static configuration. `secrets`: the path of a file of none. */
export function bootstrapOf(config: ProxyResources, secrets: string): unknown {
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
  const filters = new Map(of('extension').map((one) => [String(one['name']), one['typed_config']]));
  const parts = { routes, filters, secrets };
  return {
    node: { id: 'sidecar~10.0.0.1~a.default~x', cluster: 'a' },
    static_resources: {
      clusters: of('cluster').map((cluster) => whole(cluster, parts)),
      listeners: of('listener').map((listener) => whole(listener, parts)),
    },
  };
}
