import { expect, test } from 'vitest';
import type { Config } from '../../registry/snapshot.ts';
import type { PeerAuthentication } from '../../schema/kinds.ts';
import { indexPeerAuthentications } from './mode.ts';

type Spec = PeerAuthentication['spec'];
const config = (namespace: string, name: string, spec: Spec): Config<PeerAuthentication> => ({
  ...{ namespace, name, spec, createdAt: 0, labels: {}, annotations: {} },
  origin: { kind: 'PeerAuthentication', namespace, name },
});
const mode = (value: 'STRICT' | 'DISABLE' | 'PERMISSIVE' | 'UNSET'): Spec => ({ mtls: { mode: value } });
const forApp: Spec['selector'] = { matchLabels: { app: 'a' } };
const index = (...configs: Config<PeerAuthentication>[]) =>
  indexPeerAuthentications(configs, ['outrigger-system', 'istio-system']);
const app = { app: 'a', version: 'v1' };

test('nothing said is permissive', () => {
  expect(index().forWorkload('x', app)).toMatchObject({ mode: 'permissive', origin: undefined });
});

test('the narrower wins: mesh, namespace, workload, port', () => {
  const all = index(
    config('istio-system', 'mesh', mode('STRICT')),
    config('x', 'namespace', mode('DISABLE')),
    config('x', 'app', {
      selector: forApp,
      ...mode('PERMISSIVE'),
      portLevelMtls: { '90': { mode: 'STRICT' }, '91': {} },
    }),
  );
  expect(all.forWorkload('y', app).mode).toBe('strict');
  expect(all.forWorkload('x', { app: 'b' }).mode).toBe('disable');
  const own = all.forWorkload('x', app);
  expect([own.mode, own.origin?.name]).toEqual(['permissive', 'app']);
  expect([...own.ports]).toEqual([
    [90, 'strict'],
    [91, 'permissive'],
  ]);
  expect(all.forNamespace('x')).toBe('disable');
});

test('UNSET inherits, and of several on one level the oldest counts', () => {
  const all = index(
    config('istio-system', 'mesh', mode('STRICT')),
    config('x', 'unset', mode('UNSET')),
    config('x', 'younger', mode('DISABLE')),
    config('x', 'app', { selector: forApp }),
  );
  expect(all.forWorkload('x', app).mode).toBe('strict');
  expect(all.forWorkload('x', {}).origin?.name).toBe('mesh');
});

test('our own root namespace comes before that of Istio', () => {
  const all = index(config('istio-system', 'b', mode('DISABLE')), config('outrigger-system', 'a', mode('STRICT')));
  expect(all.forNamespace('x')).toBe('strict');
});
