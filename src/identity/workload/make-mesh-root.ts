import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { newSerial, type RandomBytes } from '../make-certificates.ts';
import type { MeshRoot } from './mesh-root.ts';

const day = 86_400_000;
const rootLifetimeMs = 3650 * day;

const ecdsaP256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A self-signed root of the mesh for ten years, from a day before `now` on. */
export async function makeMeshRoot(now: Date, random?: RandomBytes): Promise<MeshRoot> {
  const keys = await webcrypto.subtle.generateKey(ecdsaP256, true, ['sign', 'verify']);
  const serialNumber = newSerial(random);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber,
    // The serial in the name keeps two roots apart in a bundle that holds both.
    name: [{ O: ['Outrigger'] }, { CN: [`Outrigger mesh root ${serialNumber.slice(0, 8)}`] }],
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + rootLifetimeMs),
    keys,
    signingAlgorithm: ecdsaP256,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const certificatePem = `${certificate.toString('pem').trim()}\n`;
  const privateKeyPem = await exportKey(keys.privateKey);
  return { certificatePem, privateKeyPem, chainPem: '', rootsPem: certificatePem };
}

/** PKCS #8 in PEM. */
async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}
