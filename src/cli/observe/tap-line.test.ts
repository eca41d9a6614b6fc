import { expect, test } from 'vitest';
import type { TapLine } from '../../model/tap.ts';
import { printTapLine } from './tap-line.ts';
import { TapTally } from './tap-tally.ts';

const line: TapLine = {
  ...{ at: Date.UTC(2026, 0, 1, 12, 3, 4, 56), proxy: 'shop/cart-1', side: 'calls', connection: '' },
  source: { workload: 'cart-v1', namespace: 'shop', principal: 'spiffe://td/ns/shop/sa/cart', address: '10.0.0.7:4' },
  destination: { workload: '', namespace: '', principal: '', address: '93.184.216.34:80' },
  ...{
    method: 'GET',
    authority: 'api.example',
    path: '/a?…',
    status: 0,
    flags: 'UF,URX',
    refusedBy: '',
    durationMs: 12.3,
  },
  ...{ bytesReceived: 3, bytesSent: 0, protocol: 'HTTP/1.1', mtls: false },
};

test('one line for a request, whatever is in it', () => {
  expect(printTapLine(line, 'line')).toBe(
    '12:03:04.056  out  cart-v1.shop -> api.example  GET  api.example/a?…  - UF,URX  12ms  3B/0B  plain\n',
  );
  expect(printTapLine(line, 'wide')).toMatch(
    /plain {2}shop\/cart-1 {2}HTTP\/1\.1 {2}10\.0\.0\.7:4 spiffe:\S+ -> 93\.184\.216\.34:80\n$/,
  );
  expect(JSON.parse(printTapLine(line, 'json'))).toEqual(line);
  const hostile = { ...line, authority: 'x\u001b[2J\n', path: '/\u202eevil', method: '' };
  expect(printTapLine(hostile, 'line')).toMatch(/ {2}- {2}x\ufffd\[2J\ufffd\/\ufffdevil {2}/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
  expect(printTapLine(hostile, 'json').slice(0, -1)).not.toMatch(/[\u0000-\u001f]/);
});

test('a connection is none, and whoever calls by it is known by the certificate', () => {
  const source = { workload: '', namespace: '', principal: 'spiffe://td/ns/shop/sa/cart', address: '10.0.0.7:4' };
  const connection: TapLine = {
    ...{ ...line, source, side: 'served', connection: 'closed', method: '', path: '', flags: 'UC', mtls: true },
    ...{ destination: { ...source, workload: 'db-v1', namespace: 'shop' }, authority: '', bytesSent: 7, protocol: '' },
  };
  expect(printTapLine(connection, 'line')).toBe(
    '12:03:04.056  in   10.0.0.7 (shop/sa/cart) -> db-v1.shop  TCP  -  closed UC  12ms  3B/7B  mTLS\n',
  );
});

test('a proxy of a replica that was not asked is no proxy that is late', () => {
  const told: string[] = [];
  const tally = new TapTally({ limit: undefined, oneReplica: true, tell: (text) => told.push(text) });
  tally.state('127.0.0.1:15014', { proxies: 3, here: 1, ready: 1 });
  expect(told).toEqual(['1 of 3 proxies tell. Other replicas serve 2: without --dashboard-url each is asked.']);
});

test('what is told beside: proxies of all replicas, once; what is left out, at the end', () => {
  const told: string[] = [];
  const tally = new TapTally({ limit: 2, oneReplica: false, tell: (text) => told.push(text) });
  tally.state('a', { proxies: 3, here: 1, ready: 0 });
  tally.state('b', { proxies: 3, here: 2, ready: 0 });
  tally.state('a', { proxies: 3, here: 1, ready: 1 });
  tally.state('b', { proxies: 3, here: 2, ready: 2 });
  expect([tally.mayPrint(), tally.isDone, tally.mayPrint(), tally.isDone, tally.mayPrint()]).toEqual([
    ...[true, false, true, true, false],
  ]);
  tally.leftOut('a', 4);
  tally.leftOut('a', 6);
  tally.leftOut('b', 1);
  tally.end();
  expect(told).toEqual([
    ...['0 of 3 proxies tell.', '1 of 3 proxies tell.', '3 of 3 proxies tell.'],
    'At least 7 requests more were left out: see --max-rps.',
  ]);
});
