import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { authorizationFor } from '../src/policy/authorization/select.ts';
import { withoutRequests } from '../src/xds/translate/tcp-authorization.ts';

/** Policies on connections, from the text of the policy to what the proxy is told. */
const place = { namespace: 'x', name: 'p' };
const query = { namespace: 'x', labels: {}, rootNamespaces: [], trustDomains: ['td'] };
const policy = (spec: string) => ({
  ...{ ...place, spec: parse(spec), createdAt: 0, labels: {}, annotations: {} },
  origin: { kind: 'AuthorizationPolicy', ...place },
});
const found = (entry: ReturnType<typeof policy>) => authorizationFor([entry], query);

describe('where no request can be seen', () => {
  const byPath = '[{to: [{operation: {paths: [/a], ports: ["80"]}}]}]';

  test('a rule of ALLOW that asks about requests never holds; with no other left, nothing is allowed', () => {
    const [allow] = found(policy(`{rules: ${byPath}}`)).map(withoutRequests);
    expect(allow?.rules).toMatchObject([{ operations: [], sources: [] }]);
    const [kept] = found(
      policy(`{rules: [{to: [{operation: {ports: ["80"]}}]}, {to: [{operation: {paths: [/a]}}]}]}`),
    ).map(withoutRequests);
    expect(kept?.rules).toHaveLength(1);
  });

  test('DENY goes on without what cannot be seen', () => {
    const [deny] = found(policy(`{action: DENY, rules: ${byPath}}`)).map(withoutRequests);
    expect(deny?.rules[0]?.operations).toMatchObject([[{ on: 'ports' }]]);
  });
});
