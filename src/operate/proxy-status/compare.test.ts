import { expect, test } from 'vitest';
import type { ReportedResource, ReportedType } from '../../model/proxy-report.ts';
import { readDump } from '../config-dump/read-dump.ts';
import { compareWithDump, comparisonLines } from './compare.ts';

const sent = (type: ReportedType, name: string, version: string, origins: string[] = []): ReportedResource => {
  return { type, name, version, origins, state: 'SYNCED' };
};

const dump = readDump(
  JSON.stringify({
    configs: [
      {
        static_clusters: [{ cluster: { name: 'admin' } }],
        dynamic_active_clusters: [
          { version_info: 'a', cluster: { name: 'same' } },
          { version_info: 'old', cluster: { name: 'behind' } },
        ],
        dynamic_warming_clusters: [{ version_info: 'w', cluster: { name: 'warming' } }],
      },
      {
        dynamic_listeners: [
          { name: 'in', error_state: {}, active_state: { version_info: '1', listener: { name: 'in' } } },
        ],
      },
      {
        dynamic_route_configs: [
          { route_config: { name: 'on demand' } },
          { version_info: 'r', route_config: { name: '80' } },
        ],
      },
      {
        dynamic_active_secrets: [
          { name: 'root', secret: {} },
          { name: 'ROOTCA', version_info: 's', secret: {} },
        ],
      },
    ],
  }),
  'pod',
);

test('what was sent against what is held; what Envoy tells no version of counts by name', () => {
  const all = [
    ...[sent('CDS', 'same', 'a'), sent('CDS', 'behind', 'new', ['DestinationRule a/b']), sent('CDS', 'lost', 'x')],
    ...[sent('CDS', 'warming', 'w'), sent('LDS', 'in', '1'), sent('EDS', 'same', 'e')],
    ...[sent('RDS', 'on demand', 'h'), sent('RDS', '80', 'r')],
  ];
  expect(comparisonLines(compareWithDump(all, dump))).toEqual([
    "Clusters Don't Match",
    '  ~ behind (DestinationRule a/b): sent in version new, the proxy has old',
    '  - lost: sent in version x, the proxy has none',
    'Listeners Match',
    'Routes Match',
    'Filters Match',
    "Secrets Don't Match",
    '  + ROOTCA: the proxy has version s, which the control plane did not send',
  ]);
  expect(dump.listeners).toMatchObject([{ name: 'in', state: 'rejected' }]);
});

test.each([
  ['<!DOCTYPE html><html>', 'it is a page of HTML'],
  ['{"configs": [', 'it is no whole JSON'],
  ['[]', 'it has no list "configs"'],
  ['null', 'it has no list "configs"'],
  ['{"configs": {}}', 'it has no list "configs"'],
])('%s is no dump', (text, why) => {
  expect(() => readDump(text, 'default/pod')).toThrow(`OR2534 default/pod: ${why}`);
});

test('wrong types within are as absent', () => {
  const odd = { configs: [null, 7, { dynamic_listeners: 'x', static_clusters: [{ cluster: 5 }, []], bootstrap: [] }] };
  expect(readDump(JSON.stringify(odd), 'p')).toMatchObject({
    bootstrap: undefined,
    clusters: [{ name: '' }],
    listeners: [],
  });
});
