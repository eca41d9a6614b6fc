import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDump } from '../../src/operate/config-dump/read-dump.ts';
import { showClusters } from '../../src/operate/proxy-config/clusters.ts';
import { endpointsOfDump, readHostStatuses, showEndpoints } from '../../src/operate/proxy-config/endpoints.ts';
import { showExtensions } from '../../src/operate/proxy-config/extensions.ts';
import { showListeners } from '../../src/operate/proxy-config/listeners.ts';
import { showRoutes } from '../../src/operate/proxy-config/routes.ts';
import { showSecrets } from '../../src/operate/proxy-config/secrets.ts';
import { originsOf } from '../../src/operate/proxy-config/shown.ts';
import { printTable } from '../../src/operate/text/table.ts';

/**
 * Tables of proxies of Bookinfo, from what real Envoys answered (some long fields taken out): productpage on demand, reviews
 * with everything in advance, the ingress gateway. `UPDATE_GOLDEN=1` writes the files anew.
 */
const update = process.env['UPDATE_GOLDEN'] === '1';
const here = import.meta.dirname;
const recorded = (file: string) => readFileSync(join(here, 'recorded', file), 'utf8');
const noon = new Date('2026-11-21T12:00:00Z');
const origins = originsOf([
  {
    type: 'CDS',
    name: 'outbound|9080|v1|reviews.default.svc.cluster.local',
    version: '1',
    state: 'SYNCED',
    origins: [
      'Service default/reviews',
      'DestinationRule default/reviews spec.subsets[0] (reviews.yaml:1:1)',
      'DestinationRule a/b',
      'EnvoyFilter a/c',
    ],
  },
  { type: 'RDS', name: '9080', version: '1', state: 'SYNCED', origins: ['VirtualService default/reviews'] },
]);

const dumpOf = (name: string) => readDump(recorded(`${name}.config_dump.json`), name);

describe.each(['on-demand', 'eager', 'gateway'])('%s', (name) => {
  const dump = dumpOf(name);
  const hosts = readHostStatuses(recorded(`${name}.clusters.json`), name);
  test('every table', () => {
    const text = [
      showClusters(dump, {}, origins),
      showListeners(dump, {}, origins),
      showRoutes(dump, {}, origins),
      showEndpoints(hosts, {}, origins),
      showSecrets(dump, noon),
      showExtensions(dump, origins),
    ]
      .map(({ table }) => printTable(table))
      .join('\n');
    const path = join(here, 'golden', `${name}.txt`);
    if (update) writeFileSync(path, text);
    expect(existsSync(path), `${path}: run with UPDATE_GOLDEN=1`).toBe(true);
    expect(text).toBe(readFileSync(path, 'utf8'));
  });

  test('the dump alone has the same endpoints', () => {
    const places = (rows: ReturnType<typeof endpointsOfDump>) =>
      rows.map(({ address, port, cluster }) => `${address}:${port} ${cluster}`).sort();
    const ofDump = places(endpointsOfDump(dump));
    for (const place of places(hosts).filter((one) => one.includes('outbound'))) expect(ofDump).toContain(place);
  });
});

describe('filters', () => {
  const dump = dumpOf('eager');
  const names = (rows: readonly { readonly name?: unknown }[]) => rows.map(({ name }) => String(name));
  test('clusters by host, port, direction and subset', () => {
    const of = (filter: Parameters<typeof showClusters>[1]) => names(showClusters(dump, filter, origins).messages);
    expect(of({ fqdn: 'reviews.default.svc.cluster.local', direction: 'outbound', subset: 'v2' })).toEqual([
      'outbound|9080|v2|reviews.default.svc.cluster.local',
    ]);
    expect(of({ fqdn: 'details' })).toEqual(['outbound|9080||details.default.svc.cluster.local']);
    expect(of({ direction: 'INBOUND' })).toEqual(['inbound|9080||']);
    expect(of({ port: 443 })).toEqual(['outbound|443||istio-ingressgateway.istio-ingress.svc.cluster.local']);
    expect(of({ fqdn: 'no' })).toEqual([]);
  });

  test('listeners by address, port and type', () => {
    const of = (filter: Parameters<typeof showListeners>[1]) => names(showListeners(dump, filter, origins).messages);
    expect(of({ port: 15006 })).toEqual(['virtualInbound']);
    expect(of({ port: 15006, type: 'HTTP+TCP' })).toEqual(['virtualInbound']);
    expect(of({ address: '10.96.122.159' })).toEqual(['10.96.122.159_443']);
    expect(of({ address: '10.96.122.159', type: 'HTTP' })).toEqual([]);
  });

  test('routes by name, the proxy its own ones, too; endpoints by each', () => {
    expect(names(showRoutes(dump, { name: '9080' }, origins).messages)).toEqual(['9080']);
    const hosts = readHostStatuses(recorded('eager.clusters.json'), 'eager');
    const rows = (filter: Parameters<typeof showEndpoints>[1]) => showEndpoints(hosts, filter, origins).table.rows;
    expect(rows({ cluster: 'outbound|9080||reviews.default.svc.cluster.local' })).toHaveLength(3);
    expect(rows({ port: 9080, address: '10.244.1.2' })).toHaveLength(1);
    expect(rows({ status: 'unhealthy' })).toEqual([]);
    expect(rows({ status: 'Healthy' })).toHaveLength(hosts.length);
  });
});

test('an ejected endpoint, one that fails its check, and addresses of every form', () => {
  const status = {
    cluster_statuses: [
      {
        name: 'c',
        host_statuses: [
          {
            address: { socket_address: { address: 'fd00::1', port_value: 80 } },
            health_status: { failed_outlier_check: true },
          },
          {
            address: { pipe: { path: '/run/x' } },
            health_status: { failed_active_health_check: true, eds_health_status: 'HEALTHY' },
          },
          {
            address: { socket_address: { address: '10.0.0.1', port_value: 80 } },
            health_status: { eds_health_status: 'DRAINING' },
          },
          {},
        ],
      },
    ],
  };
  const { table } = showEndpoints(readHostStatuses(JSON.stringify(status), 'p'), {}, origins);
  expect(table.rows.map((row) => row.slice(0, 3))).toEqual([
    ['10.0.0.1:80', 'DRAINING', 'OK'],
    ['envoy://', 'HEALTHY', 'OK'],
    ['[fd00::1]:80', 'HEALTHY', 'FAILED'],
    ['unix:///run/x', 'UNHEALTHY', 'OK'],
  ]);
  expect(() => readHostStatuses('<html>', 'p')).toThrow('OR2533 p: /clusters is no JSON');
});

test('no key is shown, whatever an admin interface gives away', () => {
  const secret = {
    name: 'default',
    secret: {
      name: 'default',
      tls_certificate: {
        certificate_chain: { inline_string: 'no certificate' },
        private_key: { inline_bytes: 'c2VjcmV0' },
      },
    },
  };
  const dump = readDump(JSON.stringify({ configs: [{ dynamic_active_secrets: [secret] }] }), 'p');
  const shown = showSecrets(dump, noon);
  expect(JSON.stringify(shown)).not.toContain('c2VjcmV0');
  expect(shown.table.rows).toEqual([['default', 'Cert Chain', 'ACTIVE', 'false', '-', '-', '-', '-']]);
});
