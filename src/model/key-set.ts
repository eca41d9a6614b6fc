import { createPublicKey } from 'node:crypto';
import { isObject, type JsonObject } from './json.ts';

/** A JSON Web Key Set as far as proxies can use it. */
export interface KeySet {
  /** Each with the fields that proxies read, and no others. */
  readonly keys: readonly JsonObject[];
  /** What is left out, and why. */
  readonly faults: readonly string[];
  /** False: it is no set of keys at all. */
  readonly isKeySet: boolean;
}

/** A set is kept by every proxy, and each token is tried with each of its keys. */
const mostKeys = 100;

/**
 * Reads a set. Envoy refuses a whole configuration for one key that it cannot read, so only keys go on that are surely
 * good: https://www.rfc-editor.org/rfc/rfc7517, and of the algorithms those that Envoy 1.40 has.
 */
export function parseKeySet(text: string): KeySet {
  const parsed = parseJson(text);
  if (!isObject(parsed) || !Array.isArray(parsed.keys)) {
    return { keys: [], faults: ['it has no list "keys"'], isKeySet: false };
  }
  const keys: JsonObject[] = [];
  const faults: string[] = [];
  for (const [index, key] of parsed.keys.slice(0, mostKeys).entries()) {
    const read = readKey(key);
    if (typeof read === 'string') faults.push(`key ${index} ${read}`);
    else keys.push(read);
  }
  if (parsed.keys.length > mostKeys) faults.push(`of ${parsed.keys.length} keys the first ${mostKeys} are read`);
  if (parsed.keys.length === 0) faults.push('it has no key');
  return { keys, faults, isKeySet: true };
}

/** The text that proxies get; equal sets give equal text. */
export function printKeySet({ keys }: Pick<KeySet, 'keys'>): string {
  return JSON.stringify({ keys });
}

/**
 * What stands in where there is no key: a set that no token fits. Envoy takes no empty set. Nobody has the private half:
 * the point's x is the first from SHA-256 of a sentence that is on the curve (see the test).
 */
export const keysOfNobody = printKeySet({
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      kid: 'outrigger-nobody',
      x: '-TRaz7jAEWSitXk5Os6tEML0nFoclvcC6iJrgE7UY-E',
      y: 'rwSSBjxeqSpSsNLyupU6TP1EYO4jxHu0CbGZMk_6cVo',
    },
  ],
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface KeyForm {
  readonly fields: readonly string[];
  /** Those of the algorithms that go with it; a key may leave its algorithm out. */
  readonly algorithms: (key: JsonObject) => readonly string[];
}

const curves: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };

const forms: Readonly<Record<string, KeyForm>> = {
  RSA: { fields: ['n', 'e'], algorithms: () => ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] },
  EC: { fields: ['crv', 'x', 'y'], algorithms: ({ crv }) => [curves[String(crv)] ?? ''] },
  OKP: { fields: ['crv', 'x'], algorithms: ({ crv }) => (crv === 'Ed25519' ? ['EdDSA'] : []) },
  oct: { fields: ['k'], algorithms: () => ['HS256', 'HS384', 'HS512'] },
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 8192;

/** The key, or why it cannot be used. */
function readKey(key: unknown): JsonObject | string {
  if (!isObject(key)) return 'is no object';
  const form = Object.hasOwn(forms, String(key.kty)) ? forms[String(key.kty)] : undefined;
  if (form === undefined)
    return `has the type ${JSON.stringify(key.kty)?.slice(0, 40)}, which is not RSA, EC, OKP or oct`;
  const missing = form.fields.find((field) => !isText(key[field]));
  if (missing !== undefined) return `lacks ${missing}`;
  const material = form.fields.filter((field) => field !== 'crv');
  if (!material.every((field) => isBase64Url(String(key[field])))) return 'is no base64url';
  if (key.use === 'enc') return 'is for encryption';
  const algorithms = form.algorithms(key);
  if (key.alg !== undefined && !algorithms.includes(String(key.alg)))
    return `has the algorithm ${JSON.stringify(key.alg)?.slice(0, 40)}, which does not go with it`;
  if (algorithms.length === 0 || algorithms[0] === '') return `has the curve ${JSON.stringify(key.crv)?.slice(0, 40)}`;
  const names = ['kty', ...form.fields, ...['alg', 'kid'].filter((name) => isText(key[name]))];
  const known = Object.fromEntries(names.map((name) => [name, String(key[name])]));
  return isReadable(known) ? known : 'is no key';
}

/** A rest of one digit is no byte. */
function isBase64Url(text: string): boolean {
  const digits = text.replace(/={1,2}$/, '');
  return /^[\w-]+$/.test(digits) && digits.length % 4 !== 1;
}

function isReadable(key: JsonObject): boolean {
  if (key.kty === 'oct') return true;
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: key as never, format: 'jwk' });
    const { modulusLength: bits, publicExponent: exponent } = asymmetricKeyDetails ?? {};
    if (bits === undefined || exponent === undefined) return true;
    // Shorter ones verify nothing, and with longer ones each token costs milliseconds; BoringSSL takes exponents of 33 bits.
    return bits >= 1024 && bits <= 8192 && exponent >= 3n && exponent % 2n === 1n && exponent < 2n ** 33n;
  } catch {
    return false;
  }
}
