import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { OutriggerError } from '../../errors.ts';
import { newSerial, type RandomBytes } from '../make-certificates.ts';
import type { ServingPair } from '../serving-pair.ts';
import { type LeafName, type LeafUse, leafCertificate } from './leaf-certificate.ts';
import { certificateBlock } from './pem-blocks.ts';
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
  return new WorkloadCertificate(spiffeId, await issue(signer, purposeOf(spiffeId), times));
}

/** The same for a workload that has made its own key (SubjectPublicKeyInfo, DER): the chain in PEM, up to a root without it. */
export async function certifyKey(
  signer: Signer,
  spiffeId: string,
  publicKey: Uint8Array,
  times: IssueTimes,
): Promise<string> {
  checkSpiffeId(spiffeId);
  const { certificateChainPem } = await certify(signer, purposeOf(spiffeId), publicKey, times);
  return certificateChainPem;
}

function purposeOf(spiffeId: string): Purpose {
  return { names: [{ uri: spiffeId }], uses: ['serverAuth', 'clientAuth'] };
}

/** For the control plane's own port, whose clients know it by DNS names and trust the roots of the mesh. */
export async function issueServing(
  signer: Signer,
  dnsNames: readonly string[],
  times: IssueTimes,
): Promise<ServingPair> {
  const purpose: Purpose = { names: dnsNames.map((dns) => ({ dns })), uses: ['serverAuth'] };
  const parts = await issue(signer, purpose, times);
  const { certificateChainPem: chainPem, privateKeyPem: keyPem, notBefore, notAfter } = parts;
  return { chainPem, keyPem, caPem: signer.rootsPem, notBefore, notAfter };
}

interface Purpose {
  readonly names: readonly LeafName[];
  readonly uses: readonly LeafUse[];
}

const makeKeyPair = promisify(generateKeyPair);

async function issue(signer: Signer, purpose: Purpose, times: IssueTimes): Promise<WorkloadCertificateParts> {
  const keys = await makeKeyPair('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { ...(await certify(signer, purpose, keys.publicKey, times)), privateKeyPem: keys.privateKey };
}

async function certify(
  signer: Signer,
  purpose: Purpose,
  publicKey: Uint8Array,
  times: IssueTimes,
): Promise<Omit<WorkloadCertificateParts, 'privateKeyPem'>> {
  const { now, lifetimeMs } = times;
  if (now >= signer.notAfter) throw new OutriggerError('OR2202', `it ended ${signer.notAfter.toISOString()}`);
  const { subject: issuer, keyId: authorityKeyId } = signer;
  const notBefore = wholeSeconds(Math.max(now.getTime() - backdateMs, signer.notBefore.getTime()));
  const notAfter = wholeSeconds(Math.min(now.getTime() + lifetimeMs, signer.notAfter.getTime()));
  const serial = newSerial(times.random);
  const content = { publicKey, serial, issuer, authorityKeyId, notBefore, notAfter, ...purpose };
  const leafPem = certificateBlock(await leafCertificate(content, signer));
  const certificateChainPem = `${leafPem}${signer.chainPem}`;
  return { certificateChainPem, notBefore, notAfter, serial, issuer: signer.fingerprint };
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
