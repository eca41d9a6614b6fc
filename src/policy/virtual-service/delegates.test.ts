import { describe, expect, test } from 'vitest';
import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import type { HttpMatch } from '../../schema/virtual-service/http-match.ts';
import { joinMatches } from './delegate-matches.ts';
import { delegateProblems } from './delegate-problems.ts';
import { delegatesById, joinDelegates, namedDelegates } from './delegates.ts';

const config = (id: string, spec: VirtualService['spec']): Config<VirtualService> => {
  const [namespace = '', name = ''] = id.split('/');
  const origin = { kind: 'VirtualService', namespace, name };
  return { namespace, name, createdAt: 0, labels: {}, annotations: {}, spec, origin };
};

const to = (host: string) => ({ route: [{ destination: { host } }] });

function joined(root: Config<VirtualService>, ...others: Config<VirtualService>[]) {
  return joinDelegates(root, namedDelegates(root, delegatesById([root, ...others])), 'cluster.local');
}

describe('conditions of a delegate under those of its root', () => {
  const path = (kind: 'exact' | 'prefix' | 'regex', value: string): HttpMatch => ({ uri: { [kind]: value } });

  test.each<[string, HttpMatch, HttpMatch, HttpMatch | undefined]>([
    ['a narrower prefix', path('prefix', '/a'), path('prefix', '/a/b'), path('prefix', '/a/b')],
    ['an exact path under a prefix', path('prefix', '/a'), path('exact', '/a/b'), path('exact', '/a/b')],
    ['a wider prefix', path('prefix', '/a/b'), path('prefix', '/a'), undefined],
    ['a prefix under an exact path', path('exact', '/a'), path('prefix', '/a'), undefined],
    ['another path', path('exact', '/a'), path('exact', '/b'), undefined],
    ['an expression', path('prefix', '/'), path('regex', '.*'), undefined],
    [
      'a header more',
      path('prefix', '/a'),
      { headers: { x: { exact: '1' } } },
      { uri: { prefix: '/a' }, headers: { x: { exact: '1' } } },
    ],
    [
      'headers of both',
      { headers: { x: { exact: '1' } } },
      { headers: { y: {} } },
      { headers: { x: { exact: '1' }, y: {} } },
    ],
    ['another value of a header', { headers: { x: { exact: '1' } } }, { headers: { x: { exact: '2' } } }, undefined],
    [
      'the presence of a header that is asked for',
      { headers: { x: {} } },
      { headers: { x: { exact: '2' } } },
      undefined,
    ],
    ['another method', { method: { exact: 'GET' } }, { method: { exact: 'PUT' } }, undefined],
    ['case that counts in one of them', { ignoreUriCase: true }, path('prefix', '/a'), undefined],
    ['the port of the root', { port: 80 }, path('prefix', '/a'), { port: 80, uri: { prefix: '/a' } }],
    ['another port', { port: 80 }, { port: 81 }, undefined],
    ['a namespace of the root alone', { sourceNamespace: 'a' }, path('prefix', '/a'), undefined],
    [
      'a namespace of the delegate alone',
      path('prefix', '/a'),
      { sourceNamespace: 'a' },
      { uri: { prefix: '/a' }, sourceNamespace: 'a' },
    ],
    [
      'labels of both',
      { sourceLabels: { a: '1' } },
      { sourceLabels: { b: '2' } },
      { sourceLabels: { a: '1', b: '2' } },
    ],
    ['another value of a label', { sourceLabels: { a: '1' } }, { sourceLabels: { a: '2' } }, undefined],
    ['one of the gateways', { gateways: ['n/a', 'mesh'] }, { gateways: ['mesh'] }, { gateways: ['mesh'] }],
    ['a gateway that the root leaves out', { gateways: ['mesh'] }, { gateways: ['n/a'] }, undefined],
    ['names', { name: 'r' }, { name: 'd' }, { name: 'r-d' }],
  ])('%s', (_, root, own, expected) => {
    expect(joinMatches([root], [own])).toEqual(expected === undefined ? undefined : [expected]);
  });

  test('each with each, but for pairs in conflict; one that goes with none takes all with it', () => {
    const [a, b] = [path('prefix', '/a'), path('prefix', '/b')];
    expect(joinMatches([a, b], [path('exact', '/a/1'), { port: 80 }])).toEqual([
      { uri: { exact: '/a/1' } },
      { uri: { prefix: '/a' }, port: 80 },
      { uri: { prefix: '/b' }, port: 80 },
    ]);
    expect(joinMatches([a, b], [path('exact', '/a/1'), path('exact', '/c')])).toBeUndefined();
    expect(joinMatches([], [a])).toEqual([a]);
    expect(joinMatches([a], [])).toEqual([a]);
  });
});

describe('rules of delegates', () => {
  const root = config('default/root', {
    hosts: ['shop'],
    http: [
      {
        name: 'r',
        match: [{ uri: { prefix: '/a' } }],
        timeout: '1s',
        headers: {},
        delegate: { name: 'd', namespace: 'team' },
      },
      { ...to('rest') },
    ],
  });

  test('stand where the root names them, with what the root says beside', () => {
    const delegate = config('team/d', {
      http: [
        { name: 'one', match: [{ uri: { prefix: '/a/1' }, gateways: ['edge'] }], timeout: '5s', ...to('one') },
        { ...to('two.other.svc.cluster.local'), mirror: { host: 'copy' } },
      ],
    });
    const { spec, ruleOrigins, delegates } = joined(root, delegate);
    expect(spec.http).toEqual([
      {
        ...{ name: 'r-one', timeout: '5s', headers: {} },
        match: [{ uri: { prefix: '/a/1' }, gateways: ['team/edge'] }],
        ...to('one.team.svc.cluster.local'),
      },
      {
        ...{ name: 'r', timeout: '1s', headers: {} },
        match: [{ uri: { prefix: '/a' } }],
        ...to('two.other.svc.cluster.local'),
        mirror: { host: 'copy.team.svc.cluster.local' },
      },
      to('rest'),
    ]);
    expect(ruleOrigins?.map(({ field }) => field)).toEqual(['spec.http[0]', 'spec.http[0]', 'spec.http[1]']);
    expect(delegates).toEqual([delegate.origin]);
  });

  test.each([
    ['is not there', config('team/other', { http: [to('one')] }), 'team/d is no VirtualService without hosts'],
    [
      'has hosts of its own',
      config('team/d', { hosts: ['x'], http: [to('one')] }),
      'is no VirtualService without hosts',
    ],
    [
      'is kept to its namespace',
      config('team/d', { exportTo: ['.'], http: [to('one')] }),
      'is not exported to default',
    ],
    [
      'fits no request',
      config('team/d', { http: [{ match: [{ uri: { prefix: '/b' } }], ...to('one') }] }),
      'rule 0 of team/d is left out',
    ],
  ])('a delegate that %s: the rule is left out, and told', (_, delegate, message) => {
    expect(joined(root, delegate).spec.http).toEqual([to('rest')]);
    const problems = delegateProblems([root, delegate]);
    expect(problems).toMatchObject([{ origin: { name: 'root', field: 'spec.http[0].delegate' } }]);
    expect(problems[0]?.message).toContain(message);
  });

  test('a delegate that fits: nothing to tell', () => {
    expect(delegateProblems([root, config('team/d', { exportTo: ['default'], http: [to('one')] })])).toEqual([]);
  });
});
