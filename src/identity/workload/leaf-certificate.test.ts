import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from '@peculiar/x509';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentOf, elements, integer, objectIdentifier, octetString, sequence, time } from './der.ts';
import { keyIdOf, type LeafContent, leafCertificate } from './leaf-certificate.ts';

const spkiOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer = {
  signatureAlgorithm: sequence(objectIdentifier('1.2.840.10045.4.3.2')),
  sign: async (bytes: Uint8Array) => sign('sha256', bytes, privateKey),
};
const issuer = new Uint8Array(Buffer.from('300d310b300906035504030c026361', 'hex'));
const whole = (from: string, to: string) =>
  fc.date({ min: new Date(from), max: new Date(to), noInvalidDate: true }).map((date) => {
    date.setUTCMilliseconds(0);
    return date;
  });

const contents: fc.Arbitrary<LeafContent> = fc.record({
  publicKey: fc.constant(new Uint8Array(spkiOf(publicKey))),
  serial: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
    bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 1;
    return Buffer.from(bytes).toString('hex');
  }),
  issuer: fc.constant(issuer),
  authorityKeyId: fc.uint8Array({ minLength: 1, maxLength: 32 }),
  notBefore: whole('1990-01-01', '2049-12-31'),
  notAfter: whole('2049-12-31', '2120-01-01'),
  names: fc.array(
    fc.stringMatching(/^[a-z]{1,60}$/).map((name) => ({ uri: `spiffe://mesh/ns/${name}/sa/${name}` })),
    { minLength: 1, maxLength: 400 },
  ),
  uses: fc.constantFrom(['serverAuth'] as const, ['serverAuth', 'clientAuth'] as const),
});

describe('a leaf certificate', () => {
  test('is read by another library as what it was made of', async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (content) => {
        const read = new X509Certificate(new Uint8Array(await leafCertificate(content, signer)));
        expect(read.serialNumber).toBe(content.serial);
        expect([read.notBefore, read.notAfter]).toEqual([content.notBefore, content.notAfter]);
        expect([read.subject, read.issuer]).toEqual(['', 'CN=ca']);
        const names = read.getExtension(SubjectAlternativeNameExtension);
        expect(names?.critical).toBe(true);
        expect(names?.names.toJSON()).toEqual(
          content.names.map((name) => ({ type: 'url', value: Object.values(name)[0] })),
        );
        expect(read.getExtension(ExtendedKeyUsageExtension)?.usages).toHaveLength(content.uses.length);
        const ids = [
          read.getExtension(AuthorityKeyIdentifierExtension)?.keyId,
          read.getExtension(SubjectKeyIdentifierExtension)?.keyId,
        ];
        expect(ids).toEqual(
          [content.authorityKeyId, keyIdOf(content.publicKey)].map((id) => Buffer.from(id).toString('hex')),
        );
        expect(
          await read.verify({ publicKey: new Uint8Array(spkiOf(createPublicKey(privateKey))), signatureOnly: true }),
        ).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test.each(['rsa', 'ed25519'])('is made for a key of %s', async (kind) => {
    const other = generateKeyPairSync(kind as 'rsa', { modulusLength: 2048 }).publicKey;
    const [content] = fc.sample(contents, 1);
    if (content === undefined) throw new Error('no sample');
    const made = await leafCertificate({ ...content, publicKey: new Uint8Array(spkiOf(other)) }, signer);
    expect(Buffer.from(new X509Certificate(new Uint8Array(made)).publicKey.rawData)).toEqual(spkiOf(other));
  });

  test.each(['', '30', '3003020101', '30800000', '3084ffffffff', '3006020101040100'])(
    'is not made for %j, which is no key',
    async (hex) => {
      const [content] = fc.sample(contents, 1);
      if (content === undefined) throw new Error('no sample');
      await expect(leafCertificate({ ...content, publicKey: Buffer.from(hex, 'hex') }, signer)).rejects.toThrow();
    },
  );
});

describe('DER', () => {
  test('has lengths in the shortest form, and gives its elements back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 })),
        fc.constantFrom(0, 127, 128, 255, 256, 65_536),
        (parts, size) => {
          const inside = [...parts, new Uint8Array(size)].map(octetString);
          expect(elements(sequence(...inside))).toEqual(inside);
          expect(inside.map(contentOf).map((bytes) => bytes?.length)).toEqual([
            ...parts.map(({ length }) => length),
            size,
          ]);
        },
      ),
    );
  });

  test.each([
    ['00', '020100'],
    ['0000', '020100'],
    ['7f', '02017f'],
    ['80', '02020080'],
    ['0080', '02020080'],
    ['1ff', '020201ff'],
  ])('writes the integer %s as %s', (hex, der) => {
    expect(integer(hex).toString('hex')).toBe(der);
  });

  test('tells times before 2050 from those after', () => {
    expect(String(time(new Date('2049-12-31T23:59:59Z')).subarray(2))).toBe('491231235959Z');
    expect(String(time(new Date('2050-01-01T00:00:00Z')).subarray(2))).toBe('20500101000000Z');
  });
});
