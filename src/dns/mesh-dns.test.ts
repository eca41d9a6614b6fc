import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode, type Packet, type RecordType } from 'dns-packet';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { OutboundView } from '../ir/types/view.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Service } from '../model/service.ts';
import { DnsServer } from './dns-server.ts';
import { readFrames, writeFrame } from './frames.ts';
import { MeshDns, type MeshDnsOptions } from './mesh-dns.ts';
import { NameTable } from './name-table.ts';
import { Upstream } from './upstream.ts';

const origin = { kind: 'Service', namespace: '', name: '', file: '' } as unknown as Service['origin'];

function service(hostname: string, more: Partial<Service> = {}): Service {
  const kube = hostname.endsWith('.cluster.local');
  return {
    ...{
      id: `ns/${hostname}`,
      hostname,
      namespace: 'ns',
      name: hostname,
      registry: kube ? 'kubernetes' : 'service-entry',
    },
    ...{ resolution: 'endpoints', addresses: [], allocated: [], ports: [], external: false, exportTo: [], labels: {} },
    ...{ selector: undefined, aliasOf: undefined, subjectAltNames: [], nodeLocal: false, publishNotReady: false },
    ...{ createdAt: 0, origin },
    ...more,
  };
}

const services = [
  service('store.shop.svc.cluster.local', { addresses: ['10.96.0.1', 'fd00::1'] }),
  service('own.ns.svc.cluster.local', { addresses: ['10.96.0.2'] }),
  service('pods.ns.svc.cluster.local', { resolution: 'headless' }),
  service('link.ns.svc.cluster.local', { resolution: 'dns', aliasOf: 'Api.Example.com' }),
  service('far.ns.svc.cluster.local', { resolution: 'dns', aliasOf: 'far.outside' }),
  service('ring.ns.svc.cluster.local', { resolution: 'dns', aliasOf: 'ring.ns.svc.cluster.local' }),
  service('api.example.com', { allocated: ['240.240.0.1', '2001:2::1'] }),
  service('*.wild.example', { addresses: ['10.66.0.1', '10.0.0.0/8'] }),
  service('*.local', { addresses: ['10.66.0.9'] }),
  service('none.example.com', { resolution: 'original' }),
  service('many.example.com', { addresses: Array.from({ length: 100 }, (_, i) => `10.1.0.${i}`) }),
];
const ports = services.map((one) => ({ service: one })) as unknown as OutboundView['ports'];
const view = { ports, bound: [] } as unknown as OutboundView;
const table = new NameTable({ view, namespace: 'ns', domainSuffix: 'cluster.local' });
const pods = [
  { address: '10.244.0.5', health: 'ready' },
  { address: '10.244.0.5', health: 'ready' },
  { address: '10.244.0.6', health: 'not-ready' },
];
const endpoints = new Map([['ns/pods.ns.svc.cluster.local', pods]]) as unknown as ReadonlyMap<string, never[]>;
const known = { endpoints, reaches: () => true };

describe('names', () => {
  test.each([
    ['store.shop.svc.cluster.local', { addresses: ['10.96.0.1', 'fd00::1'] }],
    ['store.shop.svc', { addresses: ['10.96.0.1', 'fd00::1'] }],
    ['store.shop', { addresses: ['10.96.0.1', 'fd00::1'] }],
    ['store', undefined],
    ['own', { addresses: ['10.96.0.2'] }],
    ['own.ns.svc.cluster', undefined],
    ['pods', { addresses: ['10.244.0.5'] }],
    ['api.example.com', { addresses: ['240.240.0.1', '2001:2::1'] }],
    ['api.example.com.ns.svc.cluster.local', { addresses: [], alias: 'api.example.com' }],
    ['api.example.com.svc.cluster.local', { addresses: [], alias: 'api.example.com' }],
    ['own.ns.svc.cluster.local.ns.svc.cluster.local', undefined],
    ['deep.a.wild.example', { addresses: ['10.66.0.1'] }],
    ['wild.example', undefined],
    ['printer.local', { addresses: ['10.66.0.9'] }],
    ['nobody.ns.svc.cluster.local', undefined],
    ['none.example.com', undefined],
  ])('%s', (name, found) => {
    expect(table.find(name, known)).toEqual(found);
  });

  test('pods of other networks are not told, and a name that has no others has no address', () => {
    const far = { endpoints, reaches: ({ address }: Endpoint) => address === '10.244.0.9' };
    expect(table.find('pods', far)).toEqual({ addresses: [] });
    expect(table.find('store.shop', far)).toEqual({ addresses: ['10.96.0.1', 'fd00::1'] });
  });
});

/** A resolver of outside: it knows `far.outside`, long answers, and that nothing else exists. */
const outside: MeshDnsOptions['ask'] = async (bytes) => {
  const query = decode(bytes);
  const name = query.questions?.[0]?.name ?? '';
  if (name === 'broken.outside') return undefined;
  const long = Array.from({ length: 100 }, (_, i) => ({ type: 'A' as const, name, ttl: 5, data: `192.0.2.${i}` }));
  const answers = name === 'long.outside' ? long : name === 'far.outside' ? long.slice(0, 1) : [];
  const flags = answers.length > 0 ? 0 : 3;
  return encode({ type: 'response', id: query.id ?? 0, flags, questions: query.questions ?? [], answers });
};
const dns = new MeshDns({ sightOf: (client) => (client === 'pod' ? { table, ...known } : undefined), ask: outside });

function query(name: string, type: RecordType = 'A', more: Partial<Packet> = {}): Buffer {
  return encode({ type: 'query', id: 7, flags: 256, questions: [{ name, type, class: 'IN' }], ...more });
}

async function told(name: string, type: RecordType = 'A', client = 'pod') {
  const bytes = await dns.answer(query(name, type), client, 'tcp');
  const { id, answers = [], flags = 0, questions = [] } = decode(bytes ?? Buffer.alloc(0));
  expect(id).toBe(7);
  expect(questions[0]?.name).toBe(name);
  return {
    code: flags & 15,
    records: answers.map((one) => `${one.type} ${one.name} ${'data' in one ? one.data : ''}`),
  };
}

describe('answers', () => {
  test('of either family; without one of them there is no error', async () => {
    const host = 'store.shop.svc.cluster.local';
    expect(await told(host)).toEqual({ code: 0, records: [`A ${host} 10.96.0.1`] });
    expect(await told(host, 'AAAA')).toEqual({ code: 0, records: [`AAAA ${host} fd00::1`] });
    expect(await told('own', 'AAAA')).toEqual({ code: 0, records: [] });
    expect(await told('own', 'TXT')).toEqual({ code: 0, records: [] });
  });

  test('in the letters that were asked, for 30 seconds', async () => {
    expect(await told('API.example.COM')).toEqual({ code: 0, records: ['A API.example.COM 240.240.0.1'] });
    const bytes = await dns.answer(query('api.example.com'), 'pod', 'udp');
    expect(decode(bytes ?? Buffer.alloc(0)).answers).toMatchObject([{ ttl: 30 }]);
  });

  test('other names for names of the mesh and of outside; a ring ends', async () => {
    expect((await told('link')).records).toEqual(['CNAME link api.example.com', 'A api.example.com 240.240.0.1']);
    expect((await told('far')).records).toEqual(['CNAME far far.outside', 'A far.outside 192.0.2.0']);
    expect((await told('ring')).code).toBe(0);
  });

  test('of what the mesh does not know, and to who is not of the mesh, those of the resolver', async () => {
    expect(await told('far.outside')).toEqual({ code: 0, records: ['A far.outside 192.0.2.0'] });
    expect((await told('nobody.outside')).code).toBe(3);
    expect((await told('broken.outside')).code).toBe(2);
    expect((await told('own', 'A', 'stranger')).code).toBe(3);
  });

  test.each(['many.example.com', 'long.outside'])('%s is cut for UDP, within what the client takes', async (name) => {
    const size = async (udpPayloadSize: number, transport: 'udp' | 'tcp') => {
      const edns = { type: 'OPT', name: '.', udpPayloadSize, flags: 0, options: [], extendedRcode: 0, ednsVersion: 0 };
      const additionals = udpPayloadSize === 0 ? [] : [edns];
      const bytes = await dns.answer(query(name, 'A', { additionals } as unknown as Partial<Packet>), 'pod', transport);
      const { answers = [], flags = 0 } = decode(bytes ?? Buffer.alloc(0));
      return { fits: (bytes?.length ?? 0) <= 1232, cut: (flags & 512) !== 0, count: answers.length };
    };
    expect(await size(0, 'udp')).toEqual({ fits: true, cut: true, count: 0 });
    expect(await size(65_535, 'udp')).toEqual({ fits: true, cut: true, count: 0 });
    expect(await size(0, 'tcp')).toEqual({ fits: false, cut: false, count: 100 });
  });

  test('whatever bytes come, nothing is thrown, and answers are answered with nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const answer = await dns.answer(Buffer.from(bytes), 'pod', 'udp');
        if (((bytes[2] ?? 0x80) & 0x80) !== 0) expect(answer).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
    const good = query('api.example.com');
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), async (at, value, end) => {
        const bad = Buffer.from(good);
        bad[at] = value;
        await dns.answer(bad.subarray(0, end), 'pod', 'udp');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the port', () => {
  const stops: (() => void)[] = [];
  const faults: string[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });
  async function serve(answer: ConstructorParameters<typeof DnsServer>[0]): Promise<number> {
    const server = new DnsServer(answer, ({ code, detail }) => faults.push(`${code} ${detail}`));
    const port = await server.start('127.0.0.1', 0);
    stops.push(() => server.stop());
    return port;
  }

  test('UDP and TCP, through to a resolver; the client hears its own number', async () => {
    const seen: number[] = [];
    const upstreamPort = await serve((bytes, _, transport) => {
      seen.push(bytes.readUInt16BE(0));
      return outside(bytes, transport, '');
    });
    const upstream = new Upstream({ nameservers: ['127.0.0.1'], port: upstreamPort });
    const mesh = new MeshDns({ sightOf: () => ({ table, ...known }), ask: upstream.ask });
    const port = await serve((bytes, client, transport) => mesh.answer(bytes, client, transport));
    for (const by of [byUdp, byTcp]) {
      const { id, answers } = decode(await by(port, query('far.outside')));
      expect({ id, answers }).toMatchObject({ id: 7, answers: [{ data: '192.0.2.0' }] });
    }
    expect(seen).toHaveLength(2);
  });

  test('a query at which something throws is told, and the next one answered', async () => {
    let isBad = true;
    const port = await serve(async (bytes, _, transport) => {
      if (isBad) throw new Error('no');
      return outside(bytes, transport, '');
    });
    await expect(byTcp(port, query('far.outside'))).rejects.toThrow();
    isBad = false;
    expect(decode(await byUdp(port, query('far.outside'))).answers).toHaveLength(1);
    expect(faults).toEqual(['OR1661 a query of 127.0.0.1 by DNS: no']);
  });

  test('a resolver that is not there is an error soon, and the next one is asked', async () => {
    const dead = createSocket('udp4');
    const upstreamPort = await serve((bytes, _, transport) => outside(bytes, transport, ''));
    dead.close();
    const ask = (nameservers: string[], timeoutMs: number) =>
      new Upstream({ nameservers, port: upstreamPort, timeoutMs }).ask(query('far.outside'), 'udp', 'a');
    expect(await ask(['127.0.0.2'], 50)).toBeUndefined();
    expect(decode((await ask(['127.0.0.2', '127.0.0.1'], 2000)) ?? Buffer.alloc(0)).answers).toHaveLength(1);
  });

  test('one client with more than its share of queries gets an error, others get answers', async () => {
    const held: (() => void)[] = [];
    const upstreamPort = await serve(
      (bytes, _, transport) => new Promise((resolve) => held.push(() => resolve(outside(bytes, transport, '')))),
    );
    const upstream = new Upstream({ nameservers: ['127.0.0.1'], port: upstreamPort, timeoutMs: 10_000 });
    const many = Array.from({ length: 300 }, () => upstream.ask(query('far.outside'), 'udp', 'greedy'));
    const other = upstream.ask(query('far.outside'), 'udp', 'modest');
    await expect.poll(() => held.length, { timeout: 10_000 }).toBe(201);
    for (const release of held) release();
    expect((await Promise.all(many)).filter((answer) => answer === undefined)).toHaveLength(100);
    expect(await other).toBeDefined();
  });
});

function byUdp(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.on('message', (answer) => {
      socket.close();
      resolve(answer);
    });
    socket.send(bytes, port, '127.0.0.1');
  });
}

function byTcp(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('close', () => reject(new Error('closed')));
    const read = readFrames((answer) => {
      socket.destroy();
      resolve(answer);
    });
    socket.on('data', read);
    socket.write(writeFrame(bytes));
  });
}
