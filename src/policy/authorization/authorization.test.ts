import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Config } from '../../registry/snapshot.ts';
import type { AuthorizationPolicy } from '../../schema/kinds.ts';

import { authorizationFor } from './select.ts';
import { principalValues, requestPrincipalValue, stringRule } from './values.ts';

function policy(spec: string, more: Partial<Config<AuthorizationPolicy>> = {}): Config<AuthorizationPolicy> {
  const place = { namespace: 'x', name: 'p' };
  const origin = { kind: 'AuthorizationPolicy', ...place };
  return { ...place, spec: parse(spec), createdAt: 0, labels: {}, annotations: {}, origin, ...more };
}
const query = { namespace: 'x', labels: { app: 'a' }, rootNamespaces: ['root'], trustDomains: ['td', 'old'] };
const found = (...policies: Config<AuthorizationPolicy>[]) => authorizationFor(policies, query);

test('stars at one end', () => {
  expect(['*', 'a*', '*a', 'a'].map(stringRule)).toEqual([
    { kind: 'regex', value: '.+' },
    { kind: 'prefix', value: 'a' },
    { kind: 'suffix', value: 'a' },
    { kind: 'exact', value: 'a' },
  ]);
});

test('what filters left is metadata: a text, or an item of a list', () => {
  const key = 'experimental.envoy.filters.network.x[db.table]';
  const [rule] = found(policy(`{rules: [{when: [{key: '${key}', values: ['[up*]', all], notValues: ['*']}]}]}`));
  expect(rule?.rules[0]?.operations).toEqual([
    [
      {
        on: { kind: 'metadata', filter: 'envoy.filters.network.x', key: 'db.table' },
        any: [
          { kind: 'item', match: { kind: 'prefix', value: 'up' } },
          { kind: 'text', match: { kind: 'exact', value: 'all' } },
        ],
        not: [{ kind: 'text', match: { kind: 'regex', value: '.+' } }],
      },
    ],
  ]);
});

test('principals are SPIFFE IDs, in our trust domain and its aliases', () => {
  const texts = (value: string) =>
    principalValues(value, query.trustDomains).map((entry) =>
      entry.kind === 'text' && 'value' in entry.match ? entry.match.value : '',
    );
  expect(texts('td/ns/a/sa/b')).toEqual(['spiffe://td/ns/a/sa/b', 'spiffe://old/ns/a/sa/b']);
  expect(texts('foreign/ns/a/sa/b')).toEqual(['spiffe://foreign/ns/a/sa/b']);
  expect(texts('*/sa/b')).toEqual(['/sa/b']);
  expect(texts('*d/ns/a/sa/b')).toEqual(['d/ns/a/sa/b']);
  expect(texts('*td/ns/a/sa/b')).toEqual(['td/ns/a/sa/b', 'spiffe://old/ns/a/sa/b']);
  expect(texts('cluster.local/ns/a/sa/b')).toEqual(['spiffe://td/ns/a/sa/b', 'spiffe://old/ns/a/sa/b']);
  expect(requestPrincipalValue('https://issuer/x/sub')).toMatchObject({
    issuer: { value: 'https://issuer/x' },
    subject: { value: 'sub' },
  });
});

describe('what holds for a workload', () => {
  test('of its namespace and the root namespaces, where the selector fits; audit, deny, allow', () => {
    const policies = found(
      policy('{rules: [{}]}'),
      policy('{action: DENY, rules: [{}]}', { namespace: 'root' }),
      policy('{action: AUDIT, rules: [{}]}'),
      policy('{rules: [{}]}', { namespace: 'other' }),
      policy('{selector: {matchLabels: {app: b}}, rules: [{}]}'),
    );
    expect(policies.map(({ action, rules }) => `${action} ${rules.length}`)).toEqual(['audit 1', 'deny 1', 'allow 1']);
  });

  test('ALLOW without rules allows nothing, a rule without conditions everything', () => {
    const [none] = found(policy('{}'));
    expect(none?.rules).toMatchObject([{ operations: [], sources: [] }]);
    const [all] = found(policy('{rules: [{}]}'));
    expect(all?.rules).toMatchObject([{ operations: [[]], sources: [[]] }]);
  });

  test('what cannot be asked lets nobody in, and keeps out all the more', () => {
    const when = "{when: [{key: 'experimental.envoy.filters.a', values: [c]}]}";
    expect(found(policy(`{rules: [${when}]}`))[0]?.rules).toMatchObject([{ operations: [], sources: [] }]);
    expect(found(policy(`{action: DENY, rules: [${when}]}`))[0]?.rules).toMatchObject([
      { operations: [[]], sources: [[]] },
    ]);
  });

  test('a dry run enforces nothing', () => {
    const [trial] = found(policy('{action: DENY, rules: [{}]}', { annotations: { 'istio.io/dry-run': 'true' } }));
    expect([trial?.rules.length, trial?.shadow.length]).toEqual([0, 1]);
  });
});
