import { expect, test } from 'vitest';
import type { Message } from './message.ts';
import { type Asked, isAllowed, matchesPermission, matchesPrincipal } from './rbac.ts';

/** https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/rbac/v3/rbac.proto */
const asked: Asked = {
  source: '10.0.0.1',
  client: '192.168.0.1',
  destination: { address: '10.0.0.2', port: 8080 },
  sni: 'a.b',
  peer: 'spiffe://cluster.local/ns/default/sa/client',
  headers: [
    [':method', 'GET'],
    [':path', '/a/b?c'],
    ['x', '1'],
  ],
};
const overBytes = { ...asked, headers: undefined };
const cidr = (address_prefix: string) => ({ address_prefix, prefix_len: 24 });
const never = { not_rule: { any: true } };

test.each<[Message, boolean]>([
  [{ any: true }, true],
  [never, false],
  [{ and_rules: { rules: [{ any: true }, never] } }, false],
  [{ or_rules: { rules: [never, { any: true }] } }, true],
  [{ destination_port: 8080 }, true],
  [{ destination_port: 80 }, false],
  [{ destination_ip: cidr('10.0.0.0') }, true],
  [{ header: { name: ':method', string_match: { exact: 'GET' } } }, true],
  [{ url_path: { path: { exact: '/a/b' } } }, true],
  [{ requested_server_name: { suffix: '.b' } }, true],
  [{ uri_template: { typed_config: { path_template: '/a/*' } } }, true],
  [{ uri_template: { typed_config: { path_template: '/*' } } }, false],
  [{ uri_template: { typed_config: { path_template: '/**' } } }, true],
])('permission %j: %s', (rule, wanted) => {
  expect(matchesPermission(rule, asked)).toBe(wanted);
});

test.each<[Message, boolean]>([
  [{ any: true }, true],
  [{ not_id: { any: true } }, false],
  [{ and_ids: { ids: [{ any: true }] } }, true],
  [{ or_ids: { ids: [] } }, false],
  [{ direct_remote_ip: cidr('10.0.0.0') }, true],
  [{ remote_ip: cidr('10.0.0.0') }, false],
  [{ remote_ip: cidr('192.168.0.0') }, true],
  [{ authenticated: { principal_name: { suffix: '/sa/client' } } }, true],
  [{ authenticated: { principal_name: { suffix: '/sa/other' } } }, false],
  [{ authenticated: {} }, true],
  [{ header: { name: 'x', present_match: true } }, true],
])('principal %j: %s', (id, wanted) => {
  expect(matchesPrincipal(id, asked)).toBe(wanted);
});

test('who has no certificate is nobody, and bytes have no headers', () => {
  expect(matchesPrincipal({ authenticated: {} }, { ...asked, peer: undefined })).toBe(false);
  expect(matchesPermission({ url_path: { path: { prefix: '/' } } }, overBytes)).toBe(false);
  expect(matchesPermission({ header: { name: 'x', present_match: true } }, overBytes)).toBe(false);
});

test.each([
  ['ALLOW', 8080, true],
  ['ALLOW', 80, false],
  ['DENY', 8080, false],
  ['DENY', 80, true],
  ['LOG', 80, true],
])('%s of port %i: %s', (action, destination_port, wanted) => {
  const policies = { one: { permissions: [{ destination_port }], principals: [{ any: true }] } };
  expect(isAllowed({ action, policies }, asked)).toBe(wanted);
});

test('no rules let everybody by, ALLOW without policies nobody', () => {
  expect(isAllowed(undefined, asked)).toBe(true);
  expect(isAllowed({ action: 'ALLOW' }, asked)).toBe(false);
});
