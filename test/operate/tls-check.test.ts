import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runOutrigger } from '../cluster/outrigger.ts';
import { app, namespace, subsets } from '../mesh/world.ts';

const policy = (name: string, where: string, spec: string) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: ${name}, namespace: ${where}}
spec: ${spec}
---`;
const rule = (name: string, where: string, spec: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}, namespace: ${where}}
spec: ${spec}
---`;
const ports = [{ port: 80, target: 8080, name: 'http', speaks: 'http' }];
const at = (where: string) => ({ namespace: where, ports });

const world = [
  ...[
    namespace('default', 'meshed'),
    namespace('strict', 'meshed'),
    namespace('lax', 'meshed'),
    namespace('plain', 'plain'),
  ],
  ...[app('client'), app('open', { ports }), app('forced', { ports, versions: ['v1', 'v2'] })],
  ...[app('closed', at('strict')), app('byport', at('strict')), app('wrong', at('strict')), app('tls', at('strict'))],
  ...[app('none', at('lax')), app('asked', at('lax')), app('outside', at('plain'))],
  policy('default', 'strict', '{mtls: {mode: STRICT}}'),
  policy('byport', 'strict', '{selector: {matchLabels: {app: byport}}, portLevelMtls: {"8080": {mode: DISABLE}}}'),
  policy('default', 'lax', '{mtls: {mode: DISABLE}}'),
  rule('wrong', 'strict', '{host: wrong, trafficPolicy: {tls: {mode: DISABLE}}}'),
  rule('tls', 'strict', '{host: tls, trafficPolicy: {tls: {mode: SIMPLE}}}'),
  rule('asked', 'lax', '{host: asked, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}'),
  subsets('forced', ['v1']),
  rule(
    'forced',
    'default',
    '{host: forced, subsets: [{name: v2, labels: {version: v2}, trafficPolicy: {tls: {mode: DISABLE}}}]}',
  ),
].join('');

describe('authn tls-check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-tls-check-'));
  beforeAll(() => writeFileSync(join(folder, 'world.yaml'), world));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...args: string[]) => runOutrigger(['authn', 'tls-check', ...args, '--config', folder]);

  test('every mode of servers and clients, and which resources they come from', async () => {
    const { code, stdout, stderr } = await run('client');
    expect(stderr).toBe('');
    expect(stdout).toMatchInlineSnapshot(`
      "HOST:PORT                                STATUS     SERVER       CLIENT   AUTHN POLICY     DESTINATION RULE
      asked.lax.svc.cluster.local:80           CONFLICT   HTTP         mTLS     default/lax      asked/lax
      byport.strict.svc.cluster.local:80       OK         HTTP         HTTP     byport/strict    -
      client.default.svc.cluster.local:9080    OK         PERMISSIVE   mTLS     -                -
      closed.strict.svc.cluster.local:80       OK         STRICT       mTLS     default/strict   -
      forced.default.svc.cluster.local:80      OK         PERMISSIVE   mTLS     -                -
      forced.default.svc.cluster.local:80|v2   OK         PERMISSIVE   HTTP     -                forced/default
      none.lax.svc.cluster.local:80            OK         HTTP         HTTP     default/lax      -
      open.default.svc.cluster.local:80        OK         PERMISSIVE   mTLS     -                -
      outside.plain.svc.cluster.local:80       OK         HTTP         HTTP     -                -
      tls.strict.svc.cluster.local:80          CONFLICT   STRICT       TLS      default/strict   tls/strict
      wrong.strict.svc.cluster.local:80        CONFLICT   STRICT       HTTP     default/strict   wrong/strict
      "
    `);
    expect(code).toBe(1);
  });

  test('one service, by its host and by its name; JSON has the origins', async () => {
    for (const name of ['closed.strict.svc.cluster.local', 'closed.strict']) {
      const { code, stdout } = await run('deploy/client-v1', name, '-o', 'json');
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject([
        {
          status: 'OK',
          server: ['STRICT'],
          client: ['mTLS'],
          authentication: { kind: 'PeerAuthentication', name: 'default' },
        },
      ]);
    }
  });

  test('a client without a sidecar speaks plaintext', async () => {
    const { stdout } = await run('outside.plain', 'closed.strict');
    expect(stdout).toContain('CONFLICT   STRICT   HTTP');
  });

  test('names that are not there', async () => {
    expect((await run('client-v2')).stderr).toContain(
      'OR2531 there is no pod client-v2 in namespace default; did you mean default/client-v1',
    );
    expect((await run('client', 'clozed.strict')).stderr).toContain('OR2537');
    expect((await run()).code).toBe(2);
  });
});
