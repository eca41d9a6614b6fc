import { constants, generateKeyPair, privateEncrypt, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';
import type { Root } from './root-store.ts';
import type { ServingPair } from './serving-pair.ts';

const makeKeyPair = promisify(generateKeyPair);
const day = 86_400_000;
/** How far a client's clock may be behind ours. */
const leafBackdateMs = 5 * 60_000;
const rootBackdateMs = day;
const rootLifetimeMs = 3650 * day;

export type RandomBytes = (count: number) => Buffer;

export interface KeyPair {
  readonly publicKeyPem: string;
  readonly privateKeyPem: string;
}

/** RSA 2048. Keys come from OpenSSL: forge takes seconds for what this does in 50 ms. */
export async function newKeys(): Promise<KeyPair> {
  const keys = await makeKeyPair('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { publicKeyPem: keys.publicKey, privateKeyPem: keys.privateKey };
}

/** 127 bits, positive, never zero, and its first byte never zero (DER wants the shortest form). RFC 5280 §4.1.2.2. */
export function newSerial(random: RandomBytes = randomBytes): string {
  const bytes = random(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** A self-signed root for ten years, from a day before `now` on. */
export async function makeRoot(now: Date, random: RandomBytes = randomBytes): Promise<Root> {
  const { publicKeyPem, privateKeyPem } = await newKeys();
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKeyPem);
  certificate.serialNumber = newSerial(random);
  certificate.validity.notBefore = new Date(now.getTime() - rootBackdateMs);
  certificate.validity.notAfter = new Date(now.getTime() + rootLifetimeMs);
  // The serial in the name keeps two roots apart in a bundle that holds both.
  const name = [
    { name: 'organizationName', value: 'Outrigger' },
    { name: 'commonName', value: `Outrigger webhook root ${certificate.serialNumber.slice(0, 8)}` },
  ];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  sign(certificate, privateKeyPem);
  return { certificatePem: toPem(certificate), privateKeyPem };
}

export interface LeafRequest {
  readonly root: Root;
  /** DNS names and IP addresses, the first one also the common name. */
  readonly names: readonly string[];
  readonly now: Date;
  readonly lifetimeMs: number;
  /** Made beforehand; absent makes them now. */
  readonly keys?: KeyPair;
  readonly random?: RandomBytes;
}

/** A serving certificate signed by the root; it never outlives the root. */
export async function issueLeaf(request: LeafRequest): Promise<ServingPair> {
  const { publicKeyPem, privateKeyPem } = request.keys ?? (await newKeys());
  const issuer = forge.pki.certificateFromPem(request.root.certificatePem);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKeyPem);
  certificate.serialNumber = newSerial(request.random);
  const end = Math.min(request.now.getTime() + request.lifetimeMs, issuer.validity.notAfter.getTime());
  const begin = Math.max(request.now.getTime() - leafBackdateMs, issuer.validity.notBefore.getTime());
  certificate.validity.notBefore = wholeSeconds(begin);
  certificate.validity.notAfter = wholeSeconds(end);
  certificate.setSubject([{ name: 'commonName', value: (request.names[0] ?? 'outrigger').slice(0, 64) }]);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: request.names.map(alternativeName) },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  sign(certificate, request.root.privateKeyPem);
  return {
    chainPem: toPem(certificate),
    keyPem: privateKeyPem,
    caPem: request.root.certificatePem,
    notBefore: certificate.validity.notBefore,
    notAfter: certificate.validity.notAfter,
  };
}

/** DigestInfo of SHA-256 up to the digest: RFC 8017 §9.2, note 1. */
const sha256Prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** PKCS #1 v1.5 by OpenSSL, in a millisecond; forge asks its key for nothing but `sign`, and would take 30. */
function sign(certificate: forge.pki.Certificate, privateKeyPem: string): void {
  const padding = constants.RSA_PKCS1_PADDING;
  const key = {
    sign: (digest: forge.md.MessageDigest): string => {
      const info = Buffer.concat([sha256Prefix, Buffer.from(digest.digest().getBytes(), 'binary')]);
      return privateEncrypt({ key: privateKeyPem, padding }, info).toString('binary');
    },
  };
  certificate.sign(key as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
}

/** forge ends lines as Windows does. */
function toPem(certificate: forge.pki.Certificate): string {
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

/** X.509 has no milliseconds. */
function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000);
}

function alternativeName(name: string): { type: number; value?: string; ip?: string } {
  return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name };
}
