import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DnsServer } from './dns-server.ts';
import { readQuestion } from './message.ts';
import { answerQuestion, type Zone } from './zone.ts';

const many = Array.from({ length: 200 }, (_, index) => `10.244.1.${index + 1}`);
const zone: Zone = new Map([
  ['reviews.default.svc.cluster.local', { addresses: ['10.96.1.2'] }],
  ['_http._tcp.reviews.default.svc.cluster.local', { services: ['0 100 9080 reviews.default.svc.cluster.local'] }],
  ['books.default.svc.cluster.local', { alias: 'reviews.default.svc.cluster.local' }],
  ['away.default.svc.cluster.local', { alias: 'example.com' }],
  ['fleet.default.svc.cluster.local', { addresses: many }],
]);
const ask = (name: string, type: number) => answerQuestion(zone, { name, type });

describe('what the zone answers', () => {
  test('a name has its address, and no IPv6 one, which is no failure', () => {
    expect(ask('reviews.default.svc.cluster.local', 1)).toMatchObject({ records: [{ type: 'A', data: '10.96.1.2' }] });
    expect(ask('reviews.default.svc.cluster.local', 28)).toEqual({ code: 'NOERROR', records: [] });
  });

  test('what is not there does not exist, but names between do', () => {
    expect(ask('example.com', 1).code).toBe('NXDOMAIN');
    expect(ask('default.svc.cluster.local', 1)).toEqual({ code: 'NOERROR', records: [] });
  });

  test('an alias is followed where it leads inside', () => {
    const types = (name: string) => ask(name, 1).records.map(({ type }) => type);
    expect(types('books.default.svc.cluster.local')).toEqual(['CNAME', 'A']);
    expect(types('away.default.svc.cluster.local')).toEqual(['CNAME']);
  });
});

describe('the server, asked by the resolver of Node (c-ares, as Envoy)', () => {
  const server = new DnsServer();
  const resolver = new Resolver();
  const port = 20_000 + (process.pid % 10_000);
  beforeAll(async () => {
    server.setZone(zone);
    await server.start('127.0.0.1', port);
    resolver.setServers([`127.0.0.1:${port}`]);
  });
  afterAll(() => server.stop());

  test('answers by UDP', async () => {
    expect(await resolver.resolve4('Reviews.default.svc.cluster.local')).toEqual(['10.96.1.2']);
    await expect(resolver.resolve6('reviews.default.svc.cluster.local')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolve4('example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(await resolver.resolveSrv('_http._tcp.reviews.default.svc.cluster.local')).toMatchObject([
      { name: 'reviews.default.svc.cluster.local', port: 9080, priority: 0, weight: 100 },
    ]);
  });

  test('answers by TCP what is too long', async () => {
    expect((await resolver.resolve4('fleet.default.svc.cluster.local')).toSorted()).toEqual(many.toSorted());
  });

  test('takes what is no query without an answer, and lives on', async () => {
    const socket = createSocket('udp4');
    for (const text of ['', 'nonsense', '\0'.repeat(40), '\xff'.repeat(600)]) socket.send(text, port, '127.0.0.1');
    expect(await resolver.resolve4('reviews.default.svc.cluster.local')).toEqual(['10.96.1.2']);
    socket.close();
  });
});

test('a question that runs over its end is none', () => {
  const head = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  expect(readQuestion(Buffer.concat([head, Buffer.from([63, 97, 0, 0, 1, 0, 1])]))).toBeUndefined();
  expect(readQuestion(Buffer.concat([head, Buffer.from([192, 12, 0, 1, 0, 1])]))).toBeUndefined();
  expect(readQuestion(Buffer.concat([head, Buffer.from([1, 97, 0, 0, 1, 0, 1])]))).toEqual({ name: 'a', type: 1 });
});
