import { mkdtemp, rm } from 'node:fs/promises';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readTap } from '../src/dashboard/tap-query.ts';
import { systemClock } from '../src/identity/serving-certificates.ts';
import { MeshRootFile } from '../src/identity/workload/mesh-root-file.ts';
import { WorkloadCa } from '../src/identity/workload/workload-ca.ts';
import type { TapLine } from '../src/model/tap.ts';
import { Taps } from '../src/observe/taps.ts';
import { wireClock } from '../src/wire/clock.ts';
import type { CallListener, GrpcCall } from '../src/wire/grpc/grpc-call.ts';
import { GrpcServer } from '../src/wire/grpc/grpc-server.ts';
import type { Status } from '../src/wire/grpc/status.ts';
import { callPeer, type PeerCall } from '../src/wire/peers/peer-call.ts';
import { type PeerOutput, peerService, peerTapMethod } from '../src/wire/peers/peer-service.ts';
import { ServingCertificate } from '../src/wire/serving-certificate.ts';

/** What replicas of the control plane tell each other, over real TLS: who may ask is proven by a certificate of the mesh. */
const replica = 'spiffe://cluster.local/ns/outrigger-system/sa/outrigger';
const serverName = 'outrigger.outrigger-system.svc';
const limits = {
  ...{ messageBytes: 100_000, streamsPerConnection: 10, handshakeMs: 1000, handshakesAtOnce: 2 },
  ...{ keepaliveMs: 30_000, keepaliveTimeoutMs: 10_000 },
};

describe('peers', () => {
  let folder = '';
  let ours: WorkloadCa;
  let others: WorkloadCa;
  let server: GrpcServer;
  let port = 0;
  const opened: { asked: unknown; output: PeerOutput }[] = [];
  let closed = 0;
  const calls: PeerCall[] = [];

  const authority = async (name: string): Promise<WorkloadCa> => {
    const path = join(folder, name);
    const made = new WorkloadCa({ store: new MeshRootFile(path), place: path, clock: systemClock });
    await made.load();
    return made;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
    [ours, others] = [await authority('ours.pem'), await authority('others.pem')];
    const method = {
      isPeer: (id: string) => id === replica,
      open: (asked: unknown, output: PeerOutput) => {
        opened.push({ asked, output });
        return () => void closed++;
      },
    };
    const service = peerService({ method, clock: wireClock, firstMessageMs: 1000 });
    server = new GrpcServer({ methods: new Map([[peerTapMethod, service]]), clock: wireClock, limits });
    const { chainPem, keyPem, caPem } = await ours.issueServing([serverName]);
    const certificate = new ServingCertificate({ certificate: chainPem, key: keyPem, clientRoots: caPem });
    port = await server.listen({ host: '127.0.0.1', port: 0 }, certificate);
  });
  afterEach(() => {
    for (const call of calls.splice(0)) call.close();
    opened.length = 0;
    closed = 0;
  });
  afterAll(async () => {
    server.destroy();
    await server.close();
    await rm(folder, { recursive: true });
  });

  interface Given {
    readonly by?: WorkloadCa;
    readonly id?: string;
    readonly trusts?: WorkloadCa;
    readonly name?: string;
    readonly to?: number;
    readonly event?: (data: unknown) => void;
  }
  /** What it is told, and how it ended. */
  async function ask({
    to: other = port,
    by = ours,
    id = replica,
    trusts = ours,
    name = serverName,
    event = () => undefined,
  }: Given) {
    const { certificateChainPem: cert, privateKeyPem: key } = await by.issue(id);
    const events: unknown[] = [];
    const over = new Promise<string>((resolve) => {
      const credentials = { cert, key, ca: trusts.rootsPem };
      const to = {
        method: peerTapMethod,
        address: '127.0.0.1',
        port: other,
        serverName: name,
        credentials,
        asked: { id: 'x' },
        clock: wireClock,
      };
      const listener = {
        event: (one: { readonly event: string; readonly data: unknown }) => {
          events.push(one);
          event(one.data);
        },
        ended: resolve,
      };
      calls.push(callPeer(to, listener));
    });
    return { events, over };
  }

  test('a replica is told what it asks for, until it has gone', async () => {
    const { events } = await ask({});
    await expect.poll(() => opened.length).toBe(1);
    opened[0]?.output.send('line', '{"path":"/<b>"}');
    opened[0]?.output.send('leftOut', '3');
    await expect.poll(() => events.length).toBe(2);
    expect([opened[0]?.asked, events]).toEqual([
      { id: 'x' },
      [
        { event: 'line', data: { path: '/<b>' } },
        { event: 'leftOut', data: 3 },
      ],
    ]);
    calls[0]?.close();
    await expect.poll(() => closed).toBe(1);
  });

  test('one that is over says so, with why', async () => {
    const { over } = await ask({});
    await expect.poll(() => opened.length).toBe(1);
    opened[0]?.output.close();
    expect(await over).toBe('it is over');
    await expect.poll(() => closed).toBe(1);
  });

  test.each([
    ['a workload of the mesh', { id: 'spiffe://cluster.local/ns/shop/sa/cart' }, /OR2011.*sa\/cart is no replica/],
    ['somebody of another mesh, by the same name', { other: true }, /OR2011.*who shows no certificate of the mesh/],
  ])('%s is told nothing', async (_, { id, other }: { id?: string; other?: boolean }, reason) => {
    const { over, events } = await ask({
      ...(id === undefined ? {} : { id }),
      ...(other === true ? { by: others } : {}),
    });
    expect(await over).toMatch(reason);
    expect([opened, events]).toEqual([[], []]);
  });

  test.each([
    ['of another mesh', () => ({ trusts: others }), /self.signed|unable to (get|verify)/],
    ['that is no control plane', () => ({ name: 'outrigger.elsewhere.svc' }), /does not match certificate/],
  ])('a server %s is asked nothing', async (_, given, reason) => {
    const { over } = await ask(given());
    expect(await over).toMatch(reason);
    expect(opened).toEqual([]);
  });

  test('what is not an event ends the call, and so does one that nobody can take', async () => {
    const broken = await ask({
      event: () => {
        throw new Error('not a line');
      },
    });
    await expect.poll(() => opened.length).toBe(1);
    opened[0]?.output.send('line', '{}');
    expect(await broken.over).toBe('not a line');
    const { over } = await ask({});
    await expect.poll(() => opened.length).toBe(2);
    opened[1]?.output.send('line', '{');
    expect(await over).toMatch(/it is no JSON/);
  });

  test('more than is taken is read all the same: it is left out and counted, and nobody is cut off for it', async () => {
    const taps = new Taps({ ...wireClock, most: 1, onChange: () => undefined });
    const taken: unknown[] = [];
    const request = readTap({ id: '0'.repeat(32), namespace: 'shop', name: 'cart', rate: '1', seconds: '600' });
    const tap = taps.open(request, { line: (line) => taken.push(line), over: () => undefined });
    const { events, over } = await ask({ event: (data) => taps.take(request.id, [data as TapLine]) });
    await expect.poll(() => opened.length).toBe(1);
    const line = JSON.stringify({ path: `/${'x'.repeat(1000)}` });
    for (let nth = 0; nth < 3000; nth++) opened[0]?.output.send('line', line);
    await expect.poll(() => events.length).toBe(3000);
    expect(await Promise.race([over, 'it goes on'])).toBe('it goes on');
    expect(taken.length + tap.leftOut()).toBe(3000);
    tap.end();
  });

  test('one that does not read is cut off before more than 16 MiB wait for it', () => {
    let sent = 0;
    let status: Status | undefined;
    let listener: CallListener | undefined;
    const call = {
      ...{ provenId: replica, pause: () => undefined },
      listen: (given: CallListener) => {
        listener = given;
      },
      write: ({ length }: Buffer) => {
        if (status === undefined) sent += length;
        return false;
      },
      end: (given: Status) => {
        status ??= given;
      },
    };
    let output: PeerOutput | undefined;
    const open = (_: unknown, to: PeerOutput) => {
      output = to;
      return () => undefined;
    };
    const method = { isPeer: () => true, open };
    peerService({ method, clock: wireClock, firstMessageMs: 1000 })(call as unknown as GrpcCall);
    listener?.message(Buffer.from('{}'));
    const line = JSON.stringify('x'.repeat(20_000));
    for (let nth = 0; nth < 1000; nth++) output?.send('line', line);
    expect(status?.message).toMatch(/OR2008/);
    expect(sent).toBeLessThan(16.1 * 1024 * 1024);
  });

  test('a reason that cannot be decoded is told as it came', async () => {
    const { chainPem: cert, keyPem: key } = await ours.issueServing([serverName]);
    const strange = createSecureServer({ cert, key });
    strange.on('stream', (stream) => {
      const answer = {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': '2',
        'grpc-message': '100 %zz',
      };
      stream.respond(answer, { endStream: true });
    });
    await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve));
    const { over } = await ask({ to: (strange.address() as AddressInfo).port });
    expect(await over).toBe('100 %zz');
    await new Promise((resolve) => strange.close(resolve));
  });

  test('where nobody listens, it says so', async () => {
    const call = new Promise<string>((resolve) => {
      void ours.issue(replica).then(({ certificateChainPem: cert, privateKeyPem: key }) => {
        const credentials = { cert, key, ca: ours.rootsPem };
        const to = {
          method: peerTapMethod,
          address: '127.0.0.1',
          port: 1,
          serverName,
          credentials,
          asked: {},
          clock: wireClock,
        };
        calls.push(callPeer(to, { event: () => undefined, ended: resolve }));
      });
    });
    expect(await call).toMatch(/ECONNREFUSED/);
  });
});
