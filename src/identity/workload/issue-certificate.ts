import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { OutriggerError } from '../../errors.ts';
import { newSerial, type RandomBytes } from '../make-certificates.ts';
import type { ServingPair } from '../serving-pair.ts';
import { ecdsaP256, exportKey } from './make-mesh-root.ts';
import type { Signer } from './signer.ts';
import { WorkloadCertificate, type WorkloadCertificateParts } from './workload-certificate.ts';

/** How far the clock of a peer may be behind ours. */
const backdateMs = 60_000;

export interface IssueTimes {
  readonly now: Date;
  readonly lifetimeMs: number;
  readonly random?: RandomBytes;
}

/**
 * A key pair and its certificate, by https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md: no subject, so
 * that the one URI name is critical; it ends with its issuer at the latest. Throws OR2202, OR2204.
 */
export async function issueCertificate(
  signer: Signer,
  spiffeId: string,
  times: IssueTimes,
): Promise<WorkloadCertificate> {
  checkSpiffeId(spiffeId);
  const uses = [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth];
  return new WorkloadCertificate(
    spiffeId,
    await sign(signer, { names: [{ type: 'url', value: spiffeId }], uses }, times),
  );
}

/** For the control plane's own port, whose clients know it by DNS names and trust the roots of the mesh. */
export async function issueServing(
  signer: Signer,
  dnsNames: readonly string[],
  times: IssueTimes,
): Promise<ServingPair> {
  const names = dnsNames.map((value) => ({ type: 'dns', value }) as const);
  const parts = await sign(signer, { names, uses: [ExtendedKeyUsage.serverAuth] }, times);
  const { certificateChainPem: chainPem, privateKeyPem: keyPem, notBefore, notAfter } = parts;
  return { chainPem, keyPem, caPem: signer.rootsPem, notBefore, notAfter };
}

const noAuthority = new BasicConstraintsExtension(false, undefined, true);
const signatures = new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true);
const authorities = new WeakMap<Signer, Promise<AuthorityKeyIdentifierExtension>>();

/** Once a signer: a thousand proxies come at a time. */
function authorityOf(signer: Signer): Promise<AuthorityKeyIdentifierExtension> {
  const known = authorities.get(signer) ?? AuthorityKeyIdentifierExtension.create(signer.certificate.publicKey);
  authorities.set(signer, known);
  return known;
}

interface Purpose {
  readonly names: JsonGeneralNames;
  readonly uses: string[];
}

async function sign(signer: Signer, { names, uses }: Purpose, times: IssueTimes): Promise<WorkloadCertificateParts> {
  const { now, lifetimeMs } = times;
  if (now >= signer.notAfter) throw new OutriggerError('OR2202', `it ended ${signer.notAfter.toISOString()}`);
  const keys = await webcrypto.subtle.generateKey(ecdsaP256, true, ['sign', 'verify']);
  const notBefore = wholeSeconds(Math.max(now.getTime() - backdateMs, signer.notBefore.getTime()));
  const notAfter = wholeSeconds(Math.min(now.getTime() + lifetimeMs, signer.notAfter.getTime()));
  const serial = newSerial(times.random);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial,
    issuer: signer.certificate.subjectName,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions: [
      noAuthority,
      signatures,
      new ExtendedKeyUsageExtension(uses),
      new SubjectAlternativeNameExtension(names, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await authorityOf(signer),
    ],
  });
  const certificateChainPem = `${certificate.toString('pem').trim()}\n${signer.chainPem}`;
  return { certificateChainPem, privateKeyPem: await exportKey(keys.privateKey), notBefore, notAfter, serial };
}

/** https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md §2, in Istio's form of path. */
const form = /^spiffe:\/\/[a-z0-9._-]{1,255}\/ns\/[a-z0-9]([-a-z0-9]*[a-z0-9])?\/sa\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

function checkSpiffeId(spiffeId: string): void {
  if (spiffeId.length > 2048 || !form.test(spiffeId)) throw new OutriggerError('OR2204', JSON.stringify(spiffeId));
}

/** X.509 has no milliseconds. */
function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000);
}
