import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import type { ConfigPage } from '../../../src/dashboard/api-types.ts';
import { waitFor } from '../child.ts';
import type { Cluster } from '../harness.ts';

const route = (weight: number) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'cart', namespace: 'replicas' },
  spec: {
    hosts: ['cart'],
    http: [
      {
        route: [
          { destination: { host: 'cart' }, weight },
          { destination: { host: 'other' }, weight: 100 - weight },
        ],
      },
    ],
  },
});
const routePath = '/apis/networking.istio.io/v1/namespaces/replicas/virtualservices/cart';
const rbac = '/apis/rbac.authorization.k8s.io/v1';

/** The dashboard with tokens that a real API server makes, proves and takes back. The namespace `replicas` is there. */
export function dashboardTests(cluster: () => Cluster, port: () => number): void {
  const account = async (name: string): Promise<string> => {
    await cluster().api.must('POST', '/api/v1/namespaces/replicas/serviceaccounts', { metadata: { name } });
    return cluster().serviceAccountToken('replicas', name);
  };
  const allow = async (name: string, to: readonly string[], where: object, rules: readonly object[]) => {
    const subjects = to.map((one) => ({ kind: 'ServiceAccount', name: one, namespace: 'replicas' }));
    const everywhere = Object.keys(where).length === 0;
    const kind = everywhere ? 'ClusterRole' : 'Role';
    const base = everywhere ? rbac : `${rbac}/namespaces/replicas`;
    await cluster().api.must('POST', `${base}/${kind.toLowerCase()}s`, { metadata: { name }, rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name };
    await cluster().api.must('POST', `${base}/${kind.toLowerCase()}bindings`, {
      metadata: { name },
      roleRef,
      subjects,
    });
  };
  const ask = async (path: string, token: string | undefined, init: RequestInit = {}, host = '127.0.0.1') => {
    const headers = { ...init.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`http://${host}:${port()}/api/${path}`, { ...init, headers });
    const text = await answer.text();
    const code = answer.ok ? undefined : /"code":"(OR\d+)"/.exec(text)?.[1];
    return { said: code === undefined ? `${answer.status}` : `${answer.status} ${code}`, text };
  };
  const put = (token: string, weight: number, version: string) =>
    ask('config/VirtualService/replicas/cart', token, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-match': `"${version}"` },
      body: JSON.stringify(route(weight)),
    });

  test('the dashboard: who may see, who may change, and when a stream of somebody ends', async () => {
    const { api } = cluster();
    const [poor = '', reader = '', writer = '', leaver = ''] = await Promise.all(
      ['poor', 'reader', 'writer', 'leaver'].map(account),
    );
    await allow('dashboard-readers', ['reader', 'writer', 'leaver'], {}, [
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    ]);
    await allow('dashboard-writers', ['writer'], { namespace: 'replicas' }, [
      { apiGroups: ['networking.istio.io'], resources: ['virtualservices'], verbs: ['get', 'patch'] },
      { apiGroups: ['outrigger.io'], resources: ['taps'], verbs: ['create'] },
    ]);
    await api.must('POST', routePath.replace('/cart', ''), route(90));

    // Whoever leaves is still there for a moment: meanwhile the rest.
    const stream = await fetch(`http://127.0.0.1:${port()}/api/graph/stream`, {
      headers: { authorization: `Bearer ${leaver}` },
    });
    expect(stream.status).toBe(200);
    const ended = stream.text();
    await api.must('DELETE', '/api/v1/namespaces/replicas/serviceaccounts/leaver');
    const left = Date.now();

    const own = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    if (own !== undefined) {
      expect((await ask('state', undefined, {}, own)).said).toBe('401 OR4032');
      expect((await ask('state', reader, {}, own)).said).toBe('200');
    }
    expect((await ask('state', `${reader.slice(0, -6)}AAAAAA`)).said).toBe('401 OR4032');
    const refused = await ask('state', poor);
    expect([refused.said, refused.text]).toEqual(['403 OR4033', expect.stringContaining('may not list pods')]);
    const seen = await ask('state', reader);
    expect(JSON.parse(seen.text).user).toEqual({ name: 'system:serviceaccount:replicas:reader', mayWrite: true });

    const page = await waitFor(
      async () => {
        const { said, text } = await ask('config/VirtualService/replicas/cart', writer);
        if (said !== '200') throw new Error(`${said} ${text}`);
        return JSON.parse(text) as ConfigPage;
      },
      { what: 'the page of the VirtualService' },
    );
    expect(page).toMatchObject({ mayWrite: true, version: expect.stringMatching(/^[0-9a-f]{32}$/) });
    const forReader = await ask('config/VirtualService/replicas/cart', reader);
    expect(JSON.parse(forReader.text)).toMatchObject({ mayWrite: false });
    const notAllowed = await put(reader, 50, page.version);
    expect([notAllowed.said, notAllowed.text]).toEqual([
      ...['403 OR4033', expect.stringContaining('reader may not patch VirtualService of replicas')],
    ]);
    expect((await put(writer, 50, page.version)).said).toBe('200');
    const changed = await api.must('GET', routePath);
    expect(changed.spec).toMatchObject(route(50).spec);
    expect(changed.metadata?.['managedFields']).toContainEqual(
      expect.objectContaining({ manager: 'outrigger-dashboard', operation: 'Update' }),
    );
    // By their right alone: the control plane itself may not.
    const mayOwn = await cluster().kubectl([
      ...['auth', 'can-i', 'patch', 'virtualservices.networking.istio.io', '-n', 'replicas'],
      ...['--as', 'system:serviceaccount:outrigger-system:outrigger'],
    ]);
    expect(mayOwn.stdout.trim()).toBe('no');

    const stale = await put(writer, 10, page.version);
    expect([stale.said, stale.text]).toEqual([
      '409 OR4042',
      expect.stringContaining('replicas/cart is not what was read'),
    ]);
    expect((await api.must('GET', routePath)).metadata?.resourceVersion).toBe(changed.metadata?.resourceVersion);
    const blind = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(route(10)) };
    expect((await ask('config/VirtualService/replicas/cart', writer, blind)).said).toBe('400 OR4036');

    const tap = `tap?namespace=replicas&name=cart-v1&id=${'0'.repeat(32)}`;
    const tapped = await ask(tap, reader);
    expect([tapped.said, tapped.text]).toEqual([
      '403 OR4033',
      expect.stringContaining('taps.outrigger.io of replicas'),
    ]);
    expect((await ask(tap, writer)).said).toBe('404 OR4041');

    const events = await ended;
    expect(events).toMatch(/event: error\ndata: .*OR403[23]/);
    expect(Date.now() - left).toBeLessThan(40_000);
    for (const kind of ['clusterroles', 'clusterrolebindings'])
      await api.must('DELETE', `${rbac}/${kind}/dashboard-readers`);
  }, 60_000);
}
