import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { ErrorCode } from '../errors.ts';
import type { Origin } from '../model/origin.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { Reading } from './input.ts';
import { textAt } from './json-fields.ts';
import type { RegistryProblem } from './registry-problem.ts';
import type { TlsSecret } from './snapshot.ts';

/**
 * The certificates of a Secret in PEM: of a pair, or of a CA alone, whose certificate and key are ''.
 * OR2104 and OR2105 never quote a value.
 */
export function readTlsSecret(source: SourceObject): Reading<TlsSecret> {
  const { namespace, name, object, origin } = source;
  const text = (key: string): string => {
    const plain = textAt(object, 'stringData', key);
    return plain === '' ? Buffer.from(textAt(object, 'data', key), 'base64').toString('utf8') : plain;
  };
  const opaque = text('cert') !== '' || (text('cacert') !== '' && text('tls.crt') === '');
  const keys = opaque ? (['cert', 'key', 'cacert'] as const) : (['tls.crt', 'tls.key', 'ca.crt'] as const);
  const [certificate, key, ca] = [text(keys[0]), text(keys[1]), text(keys[2])];
  const tls = textAt(object, 'type') === 'kubernetes.io/tls';
  if (!tls && certificate === '' && key === '' && ca === '') return { value: undefined, problems: [] };
  const alone = certificate === '' && key === '' && ca !== '';
  const problem = alone
    ? faultOfCa(ca, keys[2])
    : (faultOfPair(certificate, key, keys) ?? (ca === '' ? undefined : faultOfCa(ca, keys[2])));
  if (problem !== undefined) return { value: undefined, problems: [at(origin, problem)] };
  return { value: { namespace, name, certificate, key, ca, origin }, problems: [] };
}

/** A Secret with the CA that stands in `<name>-cacert`, which may be all that there is. */
export function joinCa(secret: TlsSecret | undefined, ofClients: TlsSecret | undefined): TlsSecret | undefined {
  if (secret === undefined)
    return ofClients === undefined || ofClients.ca === '' ? undefined : { ...ofClients, certificate: '', key: '' };
  return secret.ca !== '' || ofClients === undefined ? secret : { ...secret, ca: ofClients.ca };
}

interface Fault {
  readonly code: ErrorCode;
  readonly key: string;
  readonly message: string;
}

function faultOfCa(pem: string, key: string): Fault | undefined {
  return certificatesOf(pem) === undefined ? notPem(key) : undefined;
}

function faultOfPair(certificate: string, key: string, names: readonly [string, string, string]): Fault | undefined {
  const [leaf] = certificatesOf(certificate) ?? [];
  if (leaf === undefined) return notPem(names[0]);
  const privateKey = privateKeyOf(key);
  if (privateKey === undefined) return { code: 'OR2105', key: names[1], message: 'it must be a private key in PEM' };
  if (leaf.checkPrivateKey(privateKey)) return undefined;
  return { code: 'OR2105', key: names[1], message: `it must be the key of the first certificate of ${names[0]}` };
}

function notPem(key: string): Fault {
  return { code: 'OR2104', key, message: 'it must be certificates in PEM' };
}

/** Undefined when there is none, or one that cannot be read. */
function certificatesOf(pem: string): readonly X509Certificate[] | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  try {
    return blocks?.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

function privateKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function at(origin: Origin, { code, key, message }: Fault): RegistryProblem {
  return { severity: 'error', code, message, origin: { ...origin, field: `data["${key}"]` } };
}
