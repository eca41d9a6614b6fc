import { hash } from 'node:crypto';
import {
  bitString,
  contentOf,
  type Der,
  elements,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  tagged,
  time,
  yes,
} from './der.ts';

/** What a certificate says. */
export interface LeafContent {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Hex. */
  readonly serial: string;
  /** Name, DER, as it stands in the issuer. */
  readonly issuer: Uint8Array;
  /** The issuer's key identifier. */
  readonly authorityKeyId: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly names: readonly LeafName[];
  readonly uses: readonly LeafUse[];
}

export type LeafName = { readonly uri: string } | { readonly dns: string };
export type LeafUse = 'serverAuth' | 'clientAuth';

/** Signs what is given, and says how (AlgorithmIdentifier, DER). */
export interface LeafSigner {
  readonly signatureAlgorithm: Uint8Array;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/**
 * A certificate (RFC 5280 §4.1) of an empty subject, DER. Written by hand: the general library takes 2 ms for each, which
 * was the most that the control plane did for a proxy that connects.
 */
export async function leafCertificate(content: LeafContent, signer: LeafSigner): Promise<Buffer> {
  const toBeSigned = sequence(
    version3,
    integer(content.serial),
    signer.signatureAlgorithm,
    content.issuer,
    sequence(time(content.notBefore), time(content.notAfter)),
    noSubject,
    content.publicKey,
    tagged(0xa3, sequence(...extensionsOf(content))),
  );
  return sequence(toBeSigned, signer.signatureAlgorithm, bitString(await signer.sign(toBeSigned)));
}

const version3 = tagged(0xa0, integer('02'));
const noSubject = sequence();

function extensionsOf({ publicKey, authorityKeyId, names, uses }: LeafContent): readonly Der[] {
  return [
    noAuthority,
    signaturesAlone,
    extension('2.5.29.37', sequence(...uses.map((use) => useIds[use]))),
    // Critical, for there is no subject: RFC 5280 §4.2.1.6.
    criticalExtension('2.5.29.17', sequence(...names.map(nameOf))),
    extension('2.5.29.14', octetString(keyIdOf(publicKey))),
    extension('2.5.29.35', sequence(tagged(0x80, authorityKeyId))),
  ];
}

const noAuthority = criticalExtension('2.5.29.19', sequence());
/** digitalSignature alone: seven bits of the octet are unused. */
const signaturesAlone = criticalExtension('2.5.29.15', tagged(0x03, Buffer.of(0x07, 0x80)));
const useIds: Readonly<Record<LeafUse, Der>> = {
  serverAuth: objectIdentifier('1.3.6.1.5.5.7.3.1'),
  clientAuth: objectIdentifier('1.3.6.1.5.5.7.3.2'),
};

function extension(id: string, value: Der): Der {
  return sequence(objectIdentifier(id), octetString(value));
}

function criticalExtension(id: string, value: Der): Der {
  return sequence(objectIdentifier(id), yes, octetString(value));
}

function nameOf(name: LeafName): Der {
  return 'uri' in name ? tagged(0x86, Buffer.from(name.uri, 'ascii')) : tagged(0x82, Buffer.from(name.dns, 'ascii'));
}

/** RFC 5280 §4.2.1.2, (1): SHA-1 of the key's bits. Throws on what is no SubjectPublicKeyInfo. */
export function keyIdOf(publicKey: Uint8Array): Buffer {
  const bits = elements(publicKey)?.[1];
  const content = bits === undefined || bits[0] !== 0x03 ? undefined : contentOf(bits);
  if (content === undefined) throw new Error('it is not a public key');
  return hash('sha1', content.subarray(1), 'buffer');
}
