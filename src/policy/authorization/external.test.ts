import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ClusterIR } from '../../ir/types/cluster.ts';
import type { ExtensionProvider } from '../../model/extension-provider.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { AuthorizationPolicy } from '../../schema/kinds.ts';
import { externalAuthorizationFor } from './external.ts';

function policy(spec: string, more: Partial<Config<AuthorizationPolicy>> = {}): Config<AuthorizationPolicy> {
  const place = { namespace: 'x', name: 'p' };
  const origin = { kind: 'AuthorizationPolicy', ...place };
  return { ...place, spec: parse(spec), createdAt: 0, labels: {}, annotations: {}, origin, ...more };
}
const custom = (provider: string) =>
  `{action: CUSTOM, provider: {name: ${provider}}, rules: [{to: [{operation: {paths: [/a]}}]}]}`;
const providers: readonly ExtensionProvider[] = [
  { name: 'grpc', envoyExtAuthzGrpc: { service: 'ns/ext.x', port: 9000 } },
  {
    name: 'http',
    envoyExtAuthzHttp: {
      service: 'ext.x',
      port: 8000,
      timeout: '2s',
      failOpen: true,
      statusOnError: '503',
      pathPrefix: '/check',
      includeHeadersInCheck: ['x-old'],
      includeRequestHeadersInCheck: ['x-*'],
      includeAdditionalHeadersInCheck: { b: '2', a: '1' },
      headersToDownstreamOnDeny: ['*-reason'],
      includeRequestBodyInCheck: { maxRequestBytes: 10 },
    },
  },
  { name: 'gone', envoyExtAuthzGrpc: { service: 'gone.x', port: 9000 } },
  { name: 'other' },
];
const clusters: Record<string, string> = { 'ns/ext.x 9000': 'grpc', 'ext.x 8000': 'http' };
const query = {
  ...{ namespace: 'x', labels: { app: 'a' }, rootNamespaces: ['root'], trustDomains: ['td'], providers },
  clusterOf: (service: string, port: number) => {
    const name = clusters[`${service} ${port}`];
    return name === undefined ? undefined : ({ name } as ClusterIR);
  },
};
const verdict = (...policies: Config<AuthorizationPolicy>[]) => externalAuthorizationFor(policies, query);

test('without a policy nobody is asked', () => {
  expect(verdict(policy('{action: DENY, rules: [{}]}'))).toEqual({ refused: [] });
  expect(verdict(policy(custom('grpc'), { namespace: 'other' }))).toEqual({ refused: [] });
});

test('who is asked, about what, and how long it is waited for', () => {
  const { external, refused, problem } = verdict(policy(custom('grpc')), policy(custom('grpc'), { name: 'q' }));
  expect([refused, problem]).toEqual([[], undefined]);
  expect(external?.rules.map(({ name }) => name)).toEqual(['ns[x]-policy[p]-rule[0]', 'ns[x]-policy[q]-rule[0]']);
  expect(external?.authorizer).toEqual({
    ...{ kind: 'grpc', name: 'grpc', cluster: { name: 'grpc' }, host: 'ext.x', port: 9000, timeoutMs: 600_000 },
    ...{ failOpen: false, clearRouteCache: false },
  });
});

test('what an HTTP server is told, and what of its answer goes on', () => {
  expect(verdict(policy(custom('http'))).external?.authorizer).toMatchObject({
    ...{ kind: 'http', timeoutMs: 2000, failOpen: true, statusOnError: 503, pathPrefix: '/check' },
    told: [
      { kind: 'prefix', value: 'x-', ignoreCase: true },
      { kind: 'exact', value: 'x-old', ignoreCase: true },
    ],
    added: [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ],
    toDenied: [{ kind: 'suffix', value: '-reason', ignoreCase: true }],
    ...{ toApp: [], toAllowed: [], body: { maxBytes: 10, partial: false, asBytes: false } },
  });
});

test.each([
  ['unknown', 'mesh.extensionProviders has no "unknown"'],
  ['other', 'mesh.extensionProviders has no "other"'],
  ['gone', 'the service gone.x, port 9000'],
])('%s cannot be asked: what the policy is for is denied, and it is told why', (name, message) => {
  const { external, refused, problem } = verdict(policy(custom(name)));
  expect(external).toBeUndefined();
  expect(refused.map((rule) => rule.name)).toEqual(['ns[x]-policy[p]-rule[0]-deny-due-to-bad-CUSTOM-action']);
  expect(refused[0]?.operations).toHaveLength(1);
  expect(problem?.message).toContain(message);
});

test('of several providers none is asked', () => {
  const { external, refused, problem } = verdict(policy(custom('grpc')), policy(custom('http')));
  expect([external, refused.length]).toEqual([undefined, 2]);
  expect(problem?.message).toContain('several providers (grpc, http)');
});

test('a trial asks nobody', () => {
  expect(verdict(policy(custom('grpc'), { annotations: { 'istio.io/dry-run': 'true' } }))).toEqual({ refused: [] });
});
