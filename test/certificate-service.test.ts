import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OutriggerError } from '../src/errors.ts';
import { systemClock } from '../src/identity/serving-certificates.ts';
import type { MeshRoot } from '../src/identity/workload/mesh-root.ts';
import { WorkloadCa } from '../src/identity/workload/workload-ca.ts';
import { loggerTo } from '../src/telemetry/logger.ts';
import { AdsServer } from '../src/wire/ads-server.ts';
import { certificateMethod } from '../src/wire/certificate-service.ts';
import { Ledger } from '../src/wire/ledger.ts';
import { ServingCertificate } from '../src/wire/serving-certificate.ts';
import { noMetrics } from '../src/wire/wire-metrics.ts';

const hour = 3_600_000;
const id = 'spiffe://cluster.local/ns/shop/sa/cart';
const folder = mkdtempSync(join(tmpdir(), 'outrigger-csr-'));
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe', encoding: 'utf8' });
const peer = { namespace: 'shop', serviceAccount: 'cart', pod: undefined, expiresAt: Date.now() + hour };

/** The names in it are another's. */
function request(...key: string[]): string {
  openssl('genpkey', ...key, '-out', 'key.pem');
  const names = ['-subj', '/CN=admin', '-addext', 'subjectAltName=URI:spiffe://cluster.local/ns/kube-system/sa/admin'];
  return openssl('req', '-new', '-key', 'key.pem', ...names);
}
const ec = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const rsa = (bits: number) => ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`];

describe("Istio's service of certificates", () => {
  let server: AdsServer;
  let client: Client;
  let ca: WorkloadCa;

  beforeAll(async () => {
    let root: MeshRoot | undefined;
    const save = async (made: MeshRoot) => {
      root = made;
    };
    const store = { load: async () => root, save };
    ca = new WorkloadCa({ store, place: 'memory', clock: systemClock });
    await ca.load();
    const log = loggerTo({ write: () => {} }, 'info');
    const clock = { now: Date.now, after: systemClock.after };
    server = new AdsServer({
      authenticator: {
        authenticate: async (token) => {
          if (token !== 'good') throw new OutriggerError('OR2211', 'its signature is not ours');
          return peer;
        },
      },
      sessions: { open: () => Promise.reject(new Error('no streams here')) },
      ...{ clock, log, random: () => 0.5, ledger: new Ledger(log, Date.now), metrics: noMetrics },
      certify: (who, csr, ms) =>
        ca.certify(`spiffe://cluster.local/ns/${who.namespace}/sa/${who.serviceAccount}`, csr, ms),
    });
    const { keyPem: key, chainPem: certificate } = await ca.issueServing(['localhost']);
    const port = await server.listen({ host: '127.0.0.1', port: 0 }, new ServingCertificate({ key, certificate }));
    client = new Client(`localhost:${port}`, credentials.createSsl(Buffer.from(ca.rootsPem)));
  });
  afterAll(async () => {
    client.close();
    await server.stop(100);
    rmSync(folder, { recursive: true });
  });

  function ask(csr: string, { seconds = 0, token = 'good' } = {}): Promise<string[]> {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    const serialize = (): Buffer =>
      Buffer.from(protobuf.Writer.create().uint32(10).string(csr).uint32(24).int64(seconds).finish());
    const read = (bytes: Buffer): string[] => {
      const [reader, chain] = [protobuf.Reader.create(bytes), [] as string[]];
      while (reader.pos < reader.len) {
        expect(reader.uint32()).toBe(10);
        chain.push(reader.string());
      }
      return chain;
    };
    return new Promise((resolve, reject) =>
      client.makeUnaryRequest(certificateMethod, serialize, read, {}, metadata, (error, chain) =>
        error === null ? resolve(chain ?? []) : reject(error),
      ),
    );
  }

  async function refusal(csr: string, options = {}): Promise<string> {
    const error = await ask(csr, options).then(
      () => undefined,
      (failure: ServiceError) => failure,
    );
    return `${error?.code} ${error?.details}`;
  }

  test.each([
    ['ECDSA', ec],
    ['RSA', rsa(2048)],
  ])('a key of %s gets the identity of its token, whatever the request says', async (_, key) => {
    const chain = await ask(request(...key));
    const leaf = new X509Certificate(chain[0] ?? '');
    expect([leaf.subjectAltName, leaf.subject]).toEqual([`URI:${id}`, undefined]);
    expect(chain.at(-1)).toBe(ca.rootsPem);
    writeFileSync(join(folder, 'leaf.pem'), chain[0] ?? '');
    writeFileSync(join(folder, 'root.pem'), chain.at(-1) ?? '');
    expect(openssl('verify', '-CAfile', 'root.pem', 'leaf.pem')).toContain('OK');
    const own = openssl('pkey', '-in', 'key.pem', '-pubout');
    expect(leaf.publicKey.export({ type: 'spki', format: 'pem' })).toBe(own);
  });

  test.each([
    [600, 600],
    [0, 24 * 3600],
    [-5, 24 * 3600],
    [10 * 365 * 24 * 3600, 24 * 3600],
  ])('asked for %i s: valid for %i s', async (seconds, valid) => {
    const [leaf = ''] = await ask(request(...ec), { seconds });
    const left = new X509Certificate(leaf).validToDate.getTime() - Date.now();
    expect(Math.abs(left / 1000 - valid)).toBeLessThan(30);
  });

  test('what is no request, or not of its own key, or weak, is refused', async () => {
    const good = request(...ec);
    const bytes = Buffer.from(good.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const tampered = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(await refusal(tampered)).toBe('3 OR2230 its signature is not of its own key');
    expect(await refusal(request(...rsa(1024)))).toMatch(/^3 OR2230 its key is rsa 1024:/);
    expect(await refusal(request('-algorithm', 'ED25519'))).toMatch(/^3 OR2230 its key is ed25519/);
    for (const nothing of ['', 'text', ca.rootsPem]) {
      expect(await refusal(nothing)).toBe('3 OR2230 it is no PEM of a CERTIFICATE REQUEST');
    }
    expect(await refusal('x'.repeat(20_000))).toMatch(/^3 OR2230 it is longer than/);
    expect(readFileSync(join(folder, 'key.pem'), 'utf8')).toContain('PRIVATE KEY');
  });

  test('a token that proves nothing gets nothing', async () => {
    expect(await refusal(request(...ec), { token: 'bad' })).toMatch(/^16 /);
  });
});
