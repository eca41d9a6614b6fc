import { expect } from 'vitest';
import type { TestMesh } from './fixture.ts';
import { expectShare, expectSplit } from './statistics.ts';
import { app, namespace, subsets } from './world.ts';

export interface ExampleRow {
  /** Applied together. */
  readonly file: string | readonly string[];
  readonly does: string;
  /** What the tutorial has applied before. */
  readonly with?: string;
  readonly check: (mesh: TestMesh) => Promise<void>;
}

const backendPort = [
  { port: 8080, name: 'http', speaks: 'http' },
  { port: 9000, name: 'tcp-echo', speaks: 'tcp' },
  { port: 9100, name: 'unnamed', speaks: 'http' },
];

/** Everything that the tutorials talk about, and RBAC on in each namespace so that every request is looked at. */
export const world = [
  namespace('default', 'meshed'),
  namespace('production', 'meshed'),
  namespace('prod', 'meshed'),
  namespace('outside', 'plain'),
  app('client'),
  app('frontend'),
  app('reviews', { versions: ['v1', 'v2', 'v3'] }),
  app('ratings'),
  app('my-app', { versions: ['v1', 'v2'] }),
  app('myapp', { versions: ['v1', 'v2'], ports: [{ port: 80, target: 9080, name: 'http', speaks: 'http' }] }),
  app('backend', { versions: ['v1', 'v2'], ports: backendPort }),
  app('backend', { namespace: 'production', ports: backendPort }),
  app('frontend', { namespace: 'production' }),
  app('other', { namespace: 'production' }),
  app('reviews', { namespace: 'prod' }),
  app('frontend', { namespace: 'prod' }),
  app('other', { namespace: 'prod' }),
  app('client', { namespace: 'outside' }),
  `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: nothing-forbidden, namespace: istio-system}
spec: {action: DENY, rules: [{to: [{operation: {paths: [/forbidden]}}]}]}
---`,
].join('');

const n = 2000;
const many = { n, concurrency: 16 };

async function reviewsByHeader(mesh: TestMesh, header: Readonly<Record<string, string>>, version: string) {
  const result = await mesh.load('default/client', { url: 'http://reviews:9080/headers', n: 50, headers: header });
  expect(result.statuses).toEqual({ 200: 50 });
  expect(Object.keys(result.versions)).toEqual([version]);
}

async function split(mesh: TestMesh, url: string, shares: Readonly<Record<string, number>>) {
  expectSplit(await mesh.load('default/client', { url, ...many }), n, shares);
}

/** Delays are seen at the client, aborts never reach the server. */
async function faults(mesh: TestMesh, url: string, shares: { readonly delay: number; readonly abort: number }) {
  const count = 400;
  const result = await mesh.load('default/client', { url, n: count, concurrency: 100 });
  expectShare(result.statuses[500] ?? 0, count, shares.abort);
  expect((result.statuses[500] ?? 0) + (result.statuses[200] ?? 0)).toBe(count);
  if (shares.delay === 0) expect(result.maxMs).toBeLessThan(4000);
  else expect(result.maxMs).toBeGreaterThanOrEqual(4990);
}

/** How often the server was asked for one request of the client. */
async function attempts(mesh: TestMesh, base: string, path: string): Promise<number> {
  await mesh.load('default/client', { url: `${base}/count/reset` });
  await mesh.load('default/client', { url: `${base}${path}` });
  const { samples } = await mesh.load('default/client', { url: `${base}/count` });
  return (JSON.parse(samples[0]?.body ?? '{}') as { count: number }).count;
}

async function statusOf(mesh: TestMesh, from: string, url: string, method = 'GET'): Promise<number> {
  const { samples } = await mesh.load(from, { url, method });
  return samples[0]?.status ?? -1;
}

/** A call from outside of the mesh, by address: no name of it helps there. */
async function plaintextIs(mesh: TestMesh, url: string, taken: 'taken' | 'refused') {
  const status = await statusOf(mesh, 'outside/client', url);
  expect(status).toBe(taken === 'taken' ? 200 : 0);
}

async function peerSeen(mesh: TestMesh, from: string, url: string): Promise<string> {
  const { samples } = await mesh.load(from, { url });
  return /URI=(spiffe:[^";,]+)/.exec(samples[0]?.body ?? '')?.[1] ?? '';
}

export const rows: readonly ExampleRow[] = [
  {
    file: '000-01-virtualservice-destinationrule.yaml',
    does: 'Chrome gets v2, others v1, over HTTP/2 between the proxies',
    check: async (mesh) => {
      await reviewsByHeader(mesh, { 'user-agent': 'Mozilla/5.0 Chrome/130.0' }, 'v2');
      await reviewsByHeader(mesh, { 'user-agent': 'curl/8' }, 'v1');
      const stats = await mesh.admin('default/client', '/clusters');
      expect(stats).toContain('outbound|9080|v2|reviews.default.svc.cluster.local::');
    },
  },
  {
    file: '000-02-virtualservice.yaml',
    does: '90/10',
    with: subsets('my-app', ['v1', 'v2']),
    check: (mesh) => split(mesh, 'http://my-app:9080/headers', { v1: 90, v2: 10 }),
  },
  {
    file: '000-03-virtualservice.yaml',
    does: 'three retries of gateway errors, each attempt 2 s',
    check: async (mesh) => {
      expect(await attempts(mesh, 'http://ratings:9080', '/status/503')).toBe(4);
      expect(await attempts(mesh, 'http://ratings:9080', '/status/500')).toBe(1);
      const slow = await mesh.load('default/client', { url: 'http://ratings:9080/delay/20000' });
      expect(slow.statuses).toEqual({ 504: 1 });
      // A slow attempt is no gateway error that this list of conditions retries.
      expect(slow.maxMs).toBeGreaterThanOrEqual(1990);
      expect(slow.maxMs).toBeLessThan(10_500);
    },
  },
  {
    file: '000-04-destinationrule.yaml',
    does: 'five errors in a row eject every endpoint',
    check: async (mesh) => {
      const url = 'http://reviews:9080/status/500';
      // Envoy tells its workers of ejections once a second.
      const failing = await mesh.load('default/client', { url, n: 60, rate: 25 });
      expect(failing.statuses[500]).toBeGreaterThanOrEqual(15);
      const ejected = await mesh.load('default/client', { url: 'http://reviews:9080/headers', n: 20 });
      expect(ejected.statuses).toEqual({ 503: 20 });
    },
  },
  {
    file: '000-05-virtualservice.yaml',
    does: 'a tenth waits 5 s, one of twenty gets 500',
    check: (mesh) => faults(mesh, 'http://ratings:9080/headers', { delay: 10, abort: 5 }),
  },
  {
    file: '000-06-peerauthentication-authorizationpolicy.yaml',
    does: 'only the frontend, only GET and POST of /api/, only by mutual TLS',
    check: async (mesh) => {
      const base = 'http://backend.production:8080';
      expect(await statusOf(mesh, 'production/frontend', `${base}/api/x`)).toBe(200);
      expect(await statusOf(mesh, 'production/frontend', `${base}/api/x`, 'POST')).toBe(200);
      expect(await statusOf(mesh, 'production/frontend', `${base}/api/x`, 'DELETE')).toBe(403);
      expect(await statusOf(mesh, 'production/frontend', `${base}/other`)).toBe(403);
      expect(await statusOf(mesh, 'production/other', `${base}/api/x`)).toBe(403);
      expect(await statusOf(mesh, 'default/frontend', `${base}/api/x`)).toBe(403);
      await plaintextIs(mesh, `${base}/api/x`, 'refused');
    },
  },
  {
    file: '000-07-peerauthentication.yaml',
    does: 'STRICT: plaintext is refused, the mesh goes on',
    check: async (mesh) => {
      await plaintextIs(mesh, 'http://reviews.default:9080/headers', 'refused');
      await plaintextIs(mesh, 'http://backend.default:9100/headers', 'refused');
      await plaintextIs(mesh, 'http://backend.production:8080/headers', 'taken');
      const seen = await peerSeen(mesh, 'default/client', 'http://reviews:9080/headers');
      expect(seen).toBe('spiffe://cluster.local/ns/default/sa/client');
    },
  },
  {
    file: '000-08-virtualservice-destinationrule.yaml',
    does: 'all to v1',
    check: (mesh) => split(mesh, 'http://reviews:9080/headers', { v1: 100 }),
  },
  {
    file: ['001-03-virtualservice.yaml', '001-04-destinationrule.yaml'],
    does: 'testers get v2, of the others one of twenty',
    check: async (mesh) => {
      await reviewsByHeader(mesh, { user: 'tester' }, 'v2');
      await split(mesh, 'http://reviews:9080/headers', { v1: 95, v2: 5 });
    },
  },
  {
    file: '001-05-virtualservice.yaml',
    does: 'a tenth waits 5 s, one of twenty gets 500',
    check: (mesh) => faults(mesh, 'http://reviews:9080/headers', { delay: 10, abort: 5 }),
  },
  {
    file: '001-06-destinationrule.yaml',
    does: 'two requests a connection, ten may wait, gateway errors eject half',
    check: async (mesh) => {
      const result = await mesh.load('default/client', {
        url: 'http://reviews:9080/delay/300',
        n: 400,
        concurrency: 400,
      });
      expect(result.statuses[200]).toBeGreaterThanOrEqual(10);
      expect(result.statuses[503]).toBeGreaterThanOrEqual(100);
      const reasons = result.samples
        .filter(({ status }) => status === 503)
        .map(({ headers }) => headers['x-envoy-overloaded']);
      expect(new Set(reasons)).toEqual(new Set(['true']));
      // 500 is no gateway error: nothing is ejected.
      const errors = await mesh.load('default/client', { url: 'http://reviews:9080/status/500', n: 60 });
      expect(errors.statuses).toEqual({ 500: 60 });
    },
  },
  {
    file: '001-07-peerauthentication.yaml',
    does: 'STRICT in prod alone',
    check: async (mesh) => {
      await plaintextIs(mesh, 'http://reviews.prod:9080/headers', 'refused');
      await plaintextIs(mesh, 'http://reviews.default:9080/headers', 'taken');
      expect(await statusOf(mesh, 'prod/frontend', 'http://reviews:9080/headers')).toBe(200);
    },
  },
  {
    file: '001-08-authorizationpolicy.yaml',
    does: 'only the frontend, only GET of one path',
    check: async (mesh) => {
      const url = 'http://reviews.prod:9080/api/reviews';
      expect(await statusOf(mesh, 'prod/frontend', url)).toBe(200);
      expect(await statusOf(mesh, 'prod/frontend', url, 'POST')).toBe(403);
      expect(await statusOf(mesh, 'prod/frontend', `${url}/1`)).toBe(403);
      expect(await statusOf(mesh, 'prod/other', url)).toBe(403);
      expect(await statusOf(mesh, 'outside/client', url)).toBe(403);
    },
  },
  {
    file: '002-01-virtualservice.yaml',
    does: '95/5',
    with: subsets('my-app', ['v1', 'v2']),
    check: (mesh) => split(mesh, 'http://my-app:9080/headers', { v1: 95, v2: 5 }),
  },
  {
    file: '002-02-virtualservice.yaml',
    does: 'three retries of every 5xx',
    check: async (mesh) => {
      expect(await attempts(mesh, 'http://ratings:9080', '/status/500')).toBe(4);
      const slow = await mesh.load('default/client', { url: 'http://ratings:9080/delay/20000' });
      expect(slow.statuses).toEqual({ 504: 1 });
      expect(slow.maxMs).toBeGreaterThanOrEqual(9900);
      expect(slow.maxMs).toBeLessThan(10_900);
    },
  },
  {
    file: ['002-03-destinationrule.yaml', '002-04-virtualservice.yaml'],
    does: '50/50 between v1 and v3, over HTTP/2 between the proxies',
    check: (mesh) => split(mesh, 'http://reviews:9080/headers', { v1: 50, v3: 50 }),
  },
  {
    file: '003-05-virtualservice.yaml',
    does: 'to the port that it names',
    check: async (mesh) => expect(await statusOf(mesh, 'default/client', 'http://backend:8080/headers')).toBe(200),
  },
  {
    file: '003-06-virtualservice.yaml',
    does: '5 s in all, 2 s an attempt, three retries',
    check: async (mesh) => {
      const slow = await mesh.load('default/client', { url: 'http://backend:8080/delay/20000' });
      expect(slow.statuses).toEqual({ 504: 1 });
      expect(slow.maxMs).toBeGreaterThanOrEqual(4900);
      expect(slow.maxMs).toBeLessThan(5900);
    },
  },
  {
    file: '003-07-destinationrule.yaml',
    does: 'ten may wait for a connection',
    check: async (mesh) => {
      const result = await mesh.load('default/client', {
        url: 'http://backend:8080/delay/300',
        n: 400,
        concurrency: 400,
      });
      expect(result.statuses[503]).toBeGreaterThanOrEqual(100);
    },
  },
  {
    file: '003-09-virtualservice-destinationrule.yaml',
    does: 'beta users get v2, of the others a tenth',
    check: async (mesh) => {
      const headers = { 'x-beta-user': 'true' };
      const beta = await mesh.load('default/client', { url: 'http://backend:8080/headers', n: 50, headers });
      expectSplit(beta, 50, { v2: 100 });
      await split(mesh, 'http://backend:8080/headers', { v1: 90, v2: 10 });
    },
  },
  {
    file: '003-10-peerauthentication.yaml',
    does: 'STRICT in default',
    check: (mesh) => plaintextIs(mesh, 'http://backend.default:8080/headers', 'refused'),
  },
  {
    file: '003-11-authorizationpolicy.yaml',
    does: 'only the frontend',
    check: async (mesh) => {
      expect(await statusOf(mesh, 'default/frontend', 'http://backend:8080/headers')).toBe(200);
      expect(await statusOf(mesh, 'default/client', 'http://backend:8080/headers')).toBe(403);
      expect(await statusOf(mesh, 'production/frontend', 'http://backend.default:8080/headers')).toBe(403);
      expect(await statusOf(mesh, 'default/client', 'http://reviews:9080/headers')).toBe(200);
    },
  },
  {
    file: '003-12-virtualservice.yaml',
    does: 'half wait 5 s',
    check: async (mesh) => {
      const result = await mesh.load('default/client', {
        url: 'http://backend:8080/headers',
        n: 200,
        concurrency: 200,
      });
      expect(result.statuses).toEqual({ 200: 200 });
      expect(result.maxMs).toBeGreaterThanOrEqual(4990);
      expect(result.firstMs).toBeLessThan(4000);
    },
  },
  {
    file: '003-13-virtualservice.yaml',
    does: 'a tenth gets 500',
    check: (mesh) => faults(mesh, 'http://backend:8080/headers', { delay: 0, abort: 10 }),
  },
  {
    file: '003-14-peerauthentication.yaml',
    does: 'PERMISSIVE: both are taken',
    check: async (mesh) => {
      await plaintextIs(mesh, 'http://backend.default:8080/headers', 'taken');
      const seen = await peerSeen(mesh, 'default/client', 'http://backend:8080/headers');
      expect(seen).toBe('spiffe://cluster.local/ns/default/sa/client');
    },
  },
  {
    file: '003-15-virtualservice.yaml',
    does: 'no rule: nothing changes, and it is said',
    check: async (mesh) => {
      expect(await statusOf(mesh, 'production/frontend', 'http://backend:8080/headers')).toBe(200);
      const found = mesh.control().composition.mesh?.registry.problems() ?? [];
      expect(found.map(({ code, severity, origin }) => `${code} ${severity} ${origin.name}`)).toContain(
        'OR1654 warning backend',
      );
    },
  },
  {
    file: ['004-01-virtualservice.yaml', '004-02-destinationrule.yaml'],
    does: '90/10 with retries',
    check: async (mesh) => {
      await split(mesh, 'http://myapp/headers', { v1: 90, v2: 10 });
    },
  },
  {
    file: '004-04-peerauthentication.yaml',
    does: 'STRICT in default',
    check: (mesh) => plaintextIs(mesh, 'http://myapp.default/headers', 'refused'),
  },
  {
    file: '004-05-virtualservice.yaml',
    does: 'a tenth waits 5 s, one of twenty gets 500',
    check: (mesh) => faults(mesh, 'http://myapp/headers', { delay: 10, abort: 5 }),
  },
];
