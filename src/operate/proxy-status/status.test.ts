import { expect, test } from 'vitest';
import { cpuMs } from '../../../test/cpu-time.ts';
import type {
  ProxyReport,
  ReportedProxy,
  ReportedRejection,
  ReportedSync,
  ReportedType,
} from '../../model/proxy-report.ts';
import { printTable } from '../text/table.ts';
import { proxyLines, rejectionLines, statusTable } from './status.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const types = ['CDS', 'LDS', 'EDS', 'RDS', 'VHDS', 'ECDS', 'SDS'] as const;

function proxy(name: string, states: Partial<Record<ReportedType, ReportedSync>> = {}): ReportedProxy {
  const synced: ReportedSync = { state: 'SYNCED', since: at(60) };
  const all = Object.fromEntries(types.map((type) => [type, states[type] ?? synced])) as ReportedProxy['types'];
  return {
    ...{ proxy: name, envoyVersion: '1.40.0', protocol: 'delta', delivery: 'pushed-hosts', connectedAt: at(0) },
    ...{ settled: true, types: all, rejections: [] },
  };
}

function report(instance: string, proxies: readonly ReportedProxy[], workloads: readonly string[] = []): ProxyReport {
  return { instance, version: '1.0.0', now: at(3660), workloads, proxies };
}

const rejection: ReportedRejection = {
  type: 'LDS',
  resource: 'virtualInbound',
  version: 'v',
  at: at(1),
  reason: 'script load error',
  origins: ['EnvoyFilter default/bad'],
};

test('a table like that of istioctl, and a line for each refusal', () => {
  const stale: ReportedSync = { state: 'STALE', since: at(3600) };
  const refused = { ...proxy('shop/cart-1', { LDS: { state: 'NACKED', since: at(1) } }), rejections: [rejection] };
  const twin = { ...refused, proxy: 'shop/cart-2' };
  const reports = [
    report('one', [proxy('default/web-1', { RDS: { state: 'NOT SENT' } }), refused], ['default/web-1', 'shop/lost-1']),
    report('two', [twin, proxy('default/web-2', { CDS: stale })]),
  ];
  const lines = proxyLines(reports, undefined);
  expect(printTable(statusTable(lines, 'table', Date.parse(at(3660))))).toMatchInlineSnapshot(`
    "NAME            CLUSTER      CDS             LDS             EDS             RDS             ECDS            REPLICA   VERSION
    cart-1.shop     Kubernetes   SYNCED          NACKED          SYNCED          SYNCED          SYNCED          one       1.40.0
    cart-2.shop     Kubernetes   SYNCED          NACKED          SYNCED          SYNCED          SYNCED          two       1.40.0
    lost-1.shop     Kubernetes   NOT CONNECTED   NOT CONNECTED   NOT CONNECTED   NOT CONNECTED   NOT CONNECTED   -         -
    web-1.default   Kubernetes   SYNCED          SYNCED          SYNCED          NOT SENT        SYNCED          one       1.40.0
    web-2.default   Kubernetes   STALE           SYNCED          SYNCED          SYNCED          SYNCED          two       1.40.0
    "
  `);
  expect(printTable(statusTable(lines.slice(2, 5), 'wide', Date.parse(at(3660))))).toMatchInlineSnapshot(`
    "NAME            CLUSTER      CDS             LDS             EDS             RDS             ECDS            VHDS            SDS             REPLICA   VERSION   DELIVERY       CONNECTED
    lost-1.shop     Kubernetes   NOT CONNECTED   NOT CONNECTED   NOT CONNECTED   NOT CONNECTED   NOT CONNECTED   NOT CONNECTED   NOT CONNECTED   -         -         -              -
    web-1.default   Kubernetes   SYNCED (1h)     SYNCED (1h)     SYNCED (1h)     NOT SENT        SYNCED (1h)     SYNCED (1h)     SYNCED (1h)     one       1.40.0    pushed-hosts   1h1m
    web-2.default   Kubernetes   STALE (1m)      SYNCED (1h)     SYNCED (1h)     SYNCED (1h)     SYNCED (1h)     SYNCED (1h)     SYNCED (1h)     two       1.40.0    pushed-hosts   1h1m
    "
  `);
  expect(rejectionLines(lines)).toEqual([
    'cart-1.shop, cart-2.shop: NACKED LDS virtualInbound, made from EnvoyFilter default/bad: script load error',
  ]);
  expect(proxyLines(reports, 'default').map(({ name }) => name)).toEqual(['web-1.default', 'web-2.default']);
});

test('a proxy that has just moved is shown where it went', () => {
  const later = { ...proxy('default/web'), connectedAt: at(100) };
  for (const reports of [
    [report('old', [proxy('default/web')]), report('new', [later])],
    [report('new', [later]), report('old', [proxy('default/web')])],
  ])
    expect(proxyLines(reports, undefined)).toMatchObject([{ replica: 'new' }]);
});

test('a thousand proxies that refuse the same make one line, and names cannot steer a terminal', () => {
  const evil = '\u001b[2Jevil\u202e';
  const many = Array.from({ length: 1000 }, (_, index) => ({ ...proxy(`ns/p${index}`), rejections: [rejection] }));
  const started = cpuMs();
  const lines = proxyLines([report('one', [...many, proxy(`ns/${evil}`)])], undefined);
  const printed = printTable(statusTable(lines, 'wide', Date.parse(at(3660))));
  expect(cpuMs() - started).toBeLessThan(1000);
  expect(printed.split('\n')).toHaveLength(1003);
  expect(printed).not.toContain('\u001b');
  expect(printed).not.toContain('\u202e');
  expect(rejectionLines(lines)).toEqual([expect.stringMatching(/^p0\.ns, p1\.ns, p10\.ns and 997 more: NACKED LDS/)]);
});
