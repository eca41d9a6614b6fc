import 'reflect-metadata';
import { createPrivateKey, type KeyObject, X509Certificate as NodeCertificate, sign } from 'node:crypto';
import { SubjectKeyIdentifierExtension, X509Certificate } from '@peculiar/x509';
import { OutriggerError } from '../../errors.ts';
import { objectIdentifier, sequence, tagged } from './der.ts';
import { keyIdOf, type LeafSigner } from './leaf-certificate.ts';
import type { MeshRoot } from './mesh-root.ts';
import { certificateBlocks } from './pem-blocks.ts';

/** A mesh root, checked and ready to sign. Its key cannot be taken out again. */
export interface Signer extends LeafSigner {
  /** SHA-256 of its certificate. */
  readonly fingerprint: string;
  readonly certificatePem: string;
  /** Name, DER. */
  readonly subject: Uint8Array;
  /** As its certificate says, else of its key. What it signs has to name the same: RFC 5280 §4.2.1.1. */
  readonly keyId: Uint8Array;
  /** What proxies send behind their own certificate: up to a root, without it. */
  readonly chainPem: string;
  readonly rootsPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Throws OR2201, OR2202: a root is used as it is or not at all. `place` names it in messages. */
export function readSigner(root: MeshRoot, now: Date, place: string): Signer {
  try {
    const issuer = new NodeCertificate(root.certificatePem);
    const key = createPrivateKey(root.privateKeyPem);
    checkIssuer(issuer, key);
    const between = uniqueBlocks(`${root.certificatePem}${root.chainPem}`).filter((block) => !isSelfSigned(block));
    checkChain(issuer, between, certificateBlocks(root.rootsPem));
    const certificate = new X509Certificate(root.certificatePem);
    const { validFromDate: notBefore, validToDate: notAfter } = issuer;
    if (now >= notAfter) throw new OutriggerError('OR2202', `it ended ${notAfter.toISOString()}`, { at: place });
    if (now < notBefore) throw new OutriggerError('OR2202', `it begins ${notBefore.toISOString()}`, { at: place });
    return {
      ...signatureBy(key),
      fingerprint: issuer.fingerprint256,
      certificatePem: root.certificatePem,
      subject: new Uint8Array(certificate.subjectName.toArrayBuffer()),
      keyId: keyIdIn(certificate) ?? keyIdOf(new Uint8Array(certificate.publicKey.rawData)),
      chainPem: between.join(''),
      rootsPem: uniqueBlocks(root.rootsPem).join(''),
      notBefore,
      notAfter,
    };
  } catch (cause) {
    if (cause instanceof OutriggerError) throw cause;
    // OpenSSL's messages name the fault, never the key.
    const detail = cause instanceof Error ? cause.message : 'it cannot be parsed';
    throw new OutriggerError('OR2201', detail, { at: place, cause });
  }
}

function checkIssuer(issuer: NodeCertificate, key: KeyObject): void {
  if (!issuer.ca) throw new Error('its certificate is not that of a CA');
  if (!issuer.checkPrivateKey(key)) throw new Error('its key belongs to another certificate');
}

/** From the issuer, over what lies between, to one of the roots, each signed by the next. */
function checkChain(issuer: NodeCertificate, between: readonly string[], roots: readonly string[]): void {
  if (roots.length === 0) throw new Error('there is no root certificate in it');
  const trusted = roots.map((block) => new NodeCertificate(block));
  const others = between.map((block) => new NodeCertificate(block));
  let current: NodeCertificate | undefined = issuer;
  for (let hops = 0; current !== undefined && hops <= others.length; hops++) {
    const subject: NodeCertificate = current;
    const signs = (by: NodeCertificate) => subject.checkIssued(by) && subject.verify(by.publicKey);
    const known = trusted.some((root) => root.fingerprint256 === subject.fingerprint256);
    // A trusted certificate that signed itself wrongly was damaged on the way here.
    if (known && (subject.subject !== subject.issuer || subject.verify(subject.publicKey))) return;
    if (!known && trusted.some(signs)) return;
    current = known ? undefined : others.find((candidate) => candidate !== subject && signs(candidate));
  }
  throw new Error('its certificate does not chain to a root of it');
}

/** With SHA-2 of the strength of the key. The key stays behind the function. */
function signatureBy(key: KeyObject): LeafSigner {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  const found = key.asymmetricKeyType === 'rsa' ? rsa : key.asymmetricKeyType === 'ec' ? curves[curve] : undefined;
  if (found === undefined) {
    throw new Error(`its key is ${key.asymmetricKeyType} ${curve}`.trim().concat(', only ECDSA and RSA can be used'));
  }
  const { digest, signatureAlgorithm } = found;
  return {
    signatureAlgorithm,
    // On a thread of its own: a key of RSA takes milliseconds.
    sign: (bytes) =>
      new Promise((resolve, reject) =>
        sign(digest, bytes, key, (error, signature) => (error === null ? resolve(signature) : reject(error))),
      ),
  };
}

/** RFC 3279 §2.2.1 and RFC 5758 §3.2: RSA with a NULL, ECDSA without parameters. */
const rsa = { digest: 'sha256', signatureAlgorithm: sequence(objectIdentifier('1.2.840.113549.1.1.11'), tagged(0x05)) };
const ecdsa = (digest: string, last: number) => ({
  digest,
  signatureAlgorithm: sequence(objectIdentifier(`1.2.840.10045.4.3.${last}`)),
});
const curves: Readonly<Record<string, typeof rsa>> = {
  prime256v1: ecdsa('sha256', 2),
  secp384r1: ecdsa('sha384', 3),
  secp521r1: ecdsa('sha512', 4),
};

function keyIdIn(certificate: X509Certificate): Uint8Array | undefined {
  const known = certificate.getExtension(SubjectKeyIdentifierExtension);
  return known === null ? undefined : Buffer.from(known.keyId, 'hex');
}

function uniqueBlocks(pem: string): string[] {
  return [...new Set(certificateBlocks(pem))];
}

function isSelfSigned(block: string): boolean {
  const certificate = new NodeCertificate(block);
  return certificate.subject === certificate.issuer;
}
