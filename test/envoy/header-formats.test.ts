import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isFormat } from '../../src/policy/virtual-service/header-format.ts';
import { findEnvoy } from './binary.ts';

/** Envoy refuses the host for a format that it cannot read, so none that is passed on may be one. */
const envoy = findEnvoy('envoy');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-formats-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const commands = [
  ...['REQ', 'RESP', 'TRAILER', 'PATH', 'QUERY_PARAM', 'QUERY_PARAMS', 'PROTOCOL', 'HOSTNAME', 'ENVIRONMENT', 'CEL'],
  ...[
    'START_TIME',
    'EMIT_TIME_LOCAL',
    'DURATION',
    'COMMON_DURATION',
    'RESPONSE_CODE',
    'RESPONSE_CODE_DETAILS',
    'ROUTE_NAME',
  ],
  ...[
    'REQUESTED_SERVER_NAME',
    'UPSTREAM_HOST',
    'UPSTREAM_METADATA',
    'CLUSTER_METADATA',
    'DYNAMIC_METADATA',
    'METADATA',
  ],
  ...['FILTER_STATE', 'GRPC_STATUS', 'DOWNSTREAM_REMOTE_ADDRESS', 'DOWNSTREAM_PEER_CERT_V_START', 'BOGUS'],
];
const insides = [
  ...[
    '',
    '(a)',
    '(a:b)',
    '(a:b:c)',
    '(a?b)',
    '(a?b?c)',
    '(a b)',
    '(:path)',
    '(:path?a)',
    '(NQ)',
    '(WQ:ORIG)',
    '(ORIG)',
  ],
  ...[
    '(NUMBER)',
    '(SNI_FIRST)',
    '(ROUTE:a)',
    '(a:PLAIN)',
    '(DS_RX_BEG:DS_TX_END)',
    '(a.b == 1)',
    ':3',
    '(a):3',
    '(a):x',
  ],
];
const formats = [
  ...commands.flatMap((name) => insides.map((inside) => `%${name}${inside}%`)),
  '100%',
  '%',
  '%%',
  'a %% b',
  '%%%',
];

function ask(values: readonly string[]): string {
  const added = values.map((value, index) => ({ header: { key: `x-${index}`, value } }));
  const host = { name: 'a', domains: ['*'], response_headers_to_add: added };
  const hcm = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    ...{ stat_prefix: 'x', route_config: { name: 'r', virtual_hosts: [host] } },
  };
  const listener = {
    ...{ name: 'x', address: { socket_address: { address: '127.0.0.1', port_value: 1 } } },
    filter_chains: [{ filters: [{ name: 'http', typed_config: hcm }] }],
  };
  const path = join(folder, 'bootstrap.json');
  writeFileSync(path, JSON.stringify({ static_resources: { listeners: [listener] } }));
  const { status, stdout, stderr } = spawnSync(envoy ?? '', ['-c', path, '--mode', 'validate', '-l', 'error'], {
    encoding: 'utf8',
  });
  return status === 0 ? '' : `${stderr}${stdout}`;
}

test.skipIf(envoy === undefined)('every format that is passed on is one that Envoy can read', () => {
  const taken = formats.filter(isFormat);
  expect(taken.length).toBeGreaterThan(50);
  expect(ask(taken)).toBe('');
});

test.skipIf(envoy === undefined).each(['%REQ(a:b:c)%', '%RESP(a?b?c)%', '%DYNAMIC_METADATA%', '%RESPONSE_CODE:3%'])(
  'neither Envoy nor we take %s',
  (format) => {
    expect(isFormat(format)).toBe(false);
    expect(ask([format])).not.toBe('');
  },
);
