import { expect, test } from 'vitest';
import { OutriggerError } from '../../errors.ts';
import { issueLeaf, makeRoot } from '../../identity/make-certificates.ts';
import { caBundleCheck, validity } from './certificate-checks.ts';
import { failed, ok, printChecks, warning, worst } from './check-line.ts';
import { sharedGatewaysCheck } from './gateway-controller-check.ts';
import { differences } from './object-checks.ts';

const now = new Date('2026-11-21T12:00:00Z');
const about = { reason: 'why', hint: 'do' };

test('printed as people know it: headings, marks, reason and hint under what is not well', () => {
  const lines = [ok('api', 'answers'), warning('api', 'clock', about), failed('pods', 'run', about)];
  expect(printChecks(lines)).toBe(`api
---
✔ answers
‼ clock
    why
    hint: do

pods
----
× run
    why
    hint: do

Status check results are ×
`);
  expect([worst(lines), worst(lines.slice(0, 2)), worst([])]).toEqual(['failed', 'warning', 'ok']);
});

test('how long certificates are valid', async () => {
  const root = await makeRoot(now);
  const leaf = await issueLeaf({ root, names: ['a'], now, lifetimeMs: 30 * 86_400_000 });
  const of = (pem: string, at: Date) => validity('the root', { pem }, at, 'do');
  expect(of(root.certificatePem, now)).toMatchObject({ state: 'ok', text: expect.stringContaining('3650 days') });
  expect(of(leaf.chainPem, now)).toMatchObject({
    state: 'warning',
    reason: expect.stringMatching(/^it ends in (29|30) days/),
  });
  expect(of(leaf.chainPem, new Date('2027-01-01'))).toMatchObject({ state: 'failed', reason: 'it ended 2026-12-21' });
  expect(of(leaf.chainPem, new Date('2026-01-01'))).toMatchObject({ state: 'failed', hint: 'set the clocks by NTP' });
  expect(validity('the root', undefined, now, 'do')).toMatchObject({ state: 'failed', hint: 'do' });
  const problem = new OutriggerError('OR1632', 'GET /x answered 403');
  expect(validity('the root', { problem }, now, 'do')).toMatchObject({ state: 'warning' });
  expect(of('no', now)).toMatchObject({ state: 'failed' });
});

test('the caBundle holds the root, alone or among others', async () => {
  const [one, other] = [await makeRoot(now), await makeRoot(now)];
  const configuration = (pem: string) => ({
    metadata: { name: 'w' },
    webhooks: [{ name: 'a', clientConfig: { caBundle: Buffer.from(pem).toString('base64') } }],
  });
  expect(caBundleCheck(configuration(one.certificatePem), one.certificatePem).state).toBe('ok');
  expect(caBundleCheck(configuration(other.certificatePem + one.certificatePem), one.certificatePem).state).toBe('ok');
  expect(caBundleCheck(configuration(other.certificatePem), one.certificatePem).state).toBe('failed');
});

test.each([
  [{ a: 1 }, { a: 1 }, []],
  [{ a: { b: 1 } }, { a: { b: 2, c: 3 } }, ['a.b', 'a.c']],
  [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, ['a[0].b']],
  [{ a: [1] }, { a: [1, 2] }, ['a']],
])('%j and %j differ at %j', (left, right, paths) => expect(differences(left, right)).toEqual(paths));

test('Gateways of Istio beside a running Istio are a warning, and nothing without them or without it', async () => {
  const gateway = (name: string, gatewayClassName: string) => ({
    metadata: { namespace: 'edge', name },
    spec: { gatewayClassName },
  });
  const classes = [
    { metadata: { name: 'istio' }, spec: { controllerName: 'istio.io/gateway-controller' } },
    { metadata: { name: 'other' }, spec: { controllerName: 'example.com/other' } },
  ];
  const said = async (gateways: object[], istiods: object[]) => {
    const lists = { gatewayclasses: classes, gateways, deployments: istiods } as Record<string, object[]>;
    const list = async (path: string) => (lists[path.split('/').at(-1) ?? ''] ?? []) as never[];
    return sharedGatewaysCheck({ list }, 'g');
  };
  const istiod = { metadata: { name: 'istiod' } };
  expect(await said([gateway('front', 'istio'), gateway('far', 'other')], [istiod])).toMatchObject([
    {
      state: 'warning',
      reason: expect.stringMatching(/edge\/front are of/),
      hint: expect.stringContaining('outrigger'),
    },
  ]);
  expect(await said([gateway('front', 'istio')], [])).toMatchObject([{ state: 'ok' }]);
  expect(await said([gateway('front', 'outrigger'), gateway('far', 'other')], [istiod])).toEqual([]);
  const refused = async (): Promise<never> => {
    throw new OutriggerError('OR2503', 'GET');
  };
  expect(await sharedGatewaysCheck({ list: refused }, 'g')).toEqual([]);
});
