import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalTokens } from '../../src/identity/tokens/local-tokens.ts';
import { loadTokenKey, makeTokenKey } from '../../src/identity/tokens/token-key.ts';
import type { LivePod } from '../../src/playground/cluster/live-pod.ts';
import { discoveryName } from '../../src/playground/control-plane.ts';
import type { Message } from '../../src/xds/resource.ts';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { askAsRawClient, type RawStream } from './raw-client.ts';
import { app, namespace } from './world.ts';

/** Who a proxy is follows from its token, what it may show to others from that; certificates change under load. */
const envoy = findRequirements();
const world = [namespace('default', 'meshed'), namespace('other', 'meshed'), app('client'), app('server')].join('');
const url = 'http://server:9080/headers';

describe.skipIf(envoy === undefined)('identity', () => {
  let mesh: TestMesh;
  let tokens: LocalTokens;
  let stateFolder: string;
  beforeAll(async () => {
    // Renewed after some 18 s.
    const sets = ['discovery.certificateHours=0.01'];
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, sets });
    stateFolder = join(mesh.playground.folder, 'state');
    tokens = new LocalTokens({ key: await loadTokenKey(join(stateFolder, 'token-key.pem')), now: Date.now });
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  /** The certificate that a server's app is told of, by so many connections at a time. */
  async function peersSeen(atOnce: number): Promise<{ hashes: string[]; uris: string[] }> {
    const ask = `curl -s --parallel --parallel-immediate --parallel-max ${atOnce} '${url}?[1-${2 * atOnce}]'`;
    const text = await mesh.shell('default/client', ask);
    const all = (form: RegExp): string[] => [...new Set([...text.matchAll(form)].map(([, value = '']) => value))];
    return { hashes: all(/Hash=(\w+)/g), uris: all(/URI=([^;",\\]+)/g) };
  }

  async function serialOf(id: string): Promise<string> {
    const serials = [...(await mesh.admin(id, '/certs')).matchAll(/"serial_number": "(\w+)"/g)];
    return serials
      .map(([, serial = '']) => serial)
      .sort()
      .join();
  }

  test('certificates are renewed under load: no request fails, and the other side sees the new one', async () => {
    const ids = ['default/client', 'default/server'];
    const before = await Promise.all(ids.map(serialOf));
    const seen = await peersSeen(10);
    expect(seen.uris).toEqual(['spiffe://cluster.local/ns/default/sa/client']);
    const load = { url, forMs: 6_000, rate: 200, concurrency: 8 };
    const closing = { ...load, rate: 50, headers: { connection: 'close' } };
    const results: Awaited<ReturnType<TestMesh['load']>>[] = [];
    await until(
      'both sides have a new certificate',
      async () => {
        results.push(...(await Promise.all([mesh.load('default/client', load), mesh.load('default/client', closing)])));
        const after = await Promise.all(ids.map(serialOf));
        return after.every((serial, index) => serial !== before[index]) || undefined;
      },
      60,
    );
    for (const { statuses, errors } of results)
      expect({ ...statuses, errors }).toEqual({ 200: statuses[200], errors: {} });
    const requests = results.reduce((sum, { statuses }) => sum + (statuses[200] ?? 0), 0);
    console.info(`renewed: ${requests} requests, 0 failed`);
    // Connections of before go on with what they have: more are asked for than there are, until one is new.
    let atOnce = 20;
    const later = await until('a new connection shows the new certificate', async () => {
      atOnce += 20;
      const peers = await peersSeen(atOnce);
      return peers.hashes.some((hash) => !seen.hashes.includes(hash)) ? peers : undefined;
    });
    expect(later.uris).toEqual(seen.uris);
    expect(mesh.rejections).toEqual([]);
  });

  const podOf = (id: string): LivePod => mesh.pod(id);
  const subjectOf = (pod: LivePod) => ({
    namespace: pod.desired.namespace,
    serviceAccount: pod.pod.spec.serviceAccountName ?? '',
    pod: { name: pod.desired.name, uid: String(pod.pod.metadata['uid']) },
  });

  function ask(authorization: string | undefined, node: Message = {}): RawStream {
    const { name } = podOf('default/client').desired;
    return askAsRawClient({
      address: `${mesh.playground.nodeIp}:15012`,
      rootPem: mesh.playground.controlPlane.rootPem,
      serverName: discoveryName,
      authorization,
      node: { id: `sidecar~10.0.0.1~${name}.default~default.svc.cluster.local`, ...node },
    });
  }

  const bearer = (token: string): string => `Bearer ${token}`;
  const own = () => subjectOf(podOf('default/client'));
  const good = (): string => bearer(tokens.issue(own(), 60_000));

  test('with the token of its pod a client gets what that pod gets', async () => {
    const stream = ask(good());
    await until('clusters', () => stream.received.length > 0 || undefined);
    stream.close();
  });

  const hour = 3_600_000;
  const refused: Record<string, { stream: () => RawStream | Promise<RawStream>; code: string; status: number }> = {
    'another pod by its node id': {
      stream: () => ask(good(), { id: `sidecar~10.0.0.1~${podOf('default/server').desired.name}.default~d` }),
      code: 'OR2401',
      status: status.PERMISSION_DENIED,
    },
    'another namespace by its node id': {
      stream: () => ask(good(), { id: `sidecar~10.0.0.1~${own().pod.name}.other~d` }),
      code: 'OR2401',
      status: status.PERMISSION_DENIED,
    },
    'another namespace by its metadata': {
      stream: () => ask(good(), { metadata: { NAMESPACE: 'other' } }),
      code: 'OR2401',
      status: status.PERMISSION_DENIED,
    },
    'another service account by its metadata': {
      stream: () => ask(good(), { metadata: { SERVICE_ACCOUNT: 'server' } }),
      code: 'OR2401',
      status: status.PERMISSION_DENIED,
    },
    'a token of the pod for another service account': {
      stream: () => ask(bearer(tokens.issue({ ...own(), serviceAccount: 'server' }, hour))),
      code: 'OR2401',
      status: status.PERMISSION_DENIED,
    },
    'a token for another audience': {
      stream: async () => {
        const key = await loadTokenKey(join(stateFolder, 'token-key.pem'));
        const others = new LocalTokens({ key, now: Date.now, audience: 'https://kubernetes.default.svc' });
        return ask(bearer(others.issue(own(), hour)));
      },
      code: 'OR2213',
      status: status.UNAUTHENTICATED,
    },
    'a token that has ended': {
      stream: async () => {
        const key = await loadTokenKey(join(stateFolder, 'token-key.pem'));
        return ask(bearer(new LocalTokens({ key, now: () => Date.now() - hour }).issue(own(), 60_000)));
      },
      code: 'OR2212',
      status: status.UNAUTHENTICATED,
    },
    'a token of another signer': {
      stream: () => ask(bearer(new LocalTokens({ key: makeTokenKey(), now: Date.now }).issue(own(), hour))),
      code: 'OR2211',
      status: status.UNAUTHENTICATED,
    },
    'no token': { stream: () => ask(undefined), code: 'OR2004', status: status.UNAUTHENTICATED },
    'a password': { stream: () => ask('Basic YTpi'), code: 'OR2004', status: status.UNAUTHENTICATED },
    'an unknown pod': {
      stream: () => {
        const pod = { name: 'nobody', uid: '1' };
        return ask(bearer(tokens.issue({ ...own(), pod }, hour)), { id: 'sidecar~10.0.0.1~nobody.default~d' });
      },
      code: 'OR2402',
      status: status.PERMISSION_DENIED,
    },
    'a pod of the same name before it was made anew': {
      stream: () => ask(bearer(tokens.issue({ ...own(), pod: { ...own().pod, uid: 'before' } }, hour))),
      code: 'OR2402',
      status: status.PERMISSION_DENIED,
    },
  };

  test('a client that is not what it says gets nothing', async () => {
    const cases = Object.entries(refused).map(async ([what, wanted]) => {
      const stream = await wanted.stream();
      const { code, details } = await stream.ended;
      expect({ what, code, received: stream.received, details }).toEqual({
        what,
        code: wanted.status,
        received: [],
        details: expect.stringContaining(wanted.code),
      });
      // Not the token, and nothing of the mesh.
      expect(details).not.toContain('eyJ');
    });
    await Promise.all(cases);
  });

  test('a stream ends with its token', async () => {
    const begun = Date.now();
    const stream = ask(bearer(tokens.issue(own(), 3000)));
    await until('clusters', () => stream.received.length > 0 || undefined);
    const { code, details } = await stream.ended;
    expect({ code, details }).toEqual({ code: status.UNAVAILABLE, details: expect.stringContaining('OR2008') });
    expect(Date.now() - begun).toBeGreaterThan(1500);
    expect(Date.now() - begun).toBeLessThan(8000);
  });

  test('no proxy was disturbed by it', async () => {
    expect((await mesh.load('default/client', { url, n: 50 })).statuses).toEqual({ 200: 50 });
    expect(mesh.problems).toEqual([]);
  });
});
