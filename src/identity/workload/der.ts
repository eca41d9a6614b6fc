/** The part of DER (ITU-T X.690) that a leaf certificate is written in. */
export type Der = Buffer;

/** A value with its tag and its length in the shortest form. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Der {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(length)]), ...parts]);
}

export const sequence = (...parts: readonly Uint8Array[]): Der => tagged(0x30, ...parts);
export const octetString = (content: Uint8Array): Der => tagged(0x04, content);
/** Whole octets: no bit of the last one is unused. */
export const bitString = (content: Uint8Array): Der => tagged(0x03, Buffer.of(0), content);
export const yes: Der = Buffer.of(0x01, 0x01, 0xff);

/** Not negative; hex. */
export function integer(hex: string): Der {
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.of(0) : bytes.subarray(first);
  return tagged(0x02, ...((digits[0] ?? 0) >= 0x80 ? [Buffer.of(0)] : []), digits);
}

/** `1.3.6.1.5.5.7.3.1` */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** To the second. RFC 5280 §4.1.2.5: UTCTime through 2049, then GeneralizedTime. */
export function time(date: Date): Der {
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, '');
  return date.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

/** The elements of a sequence, each with its tag; undefined for what is no DER. */
export function elements(der: Uint8Array): readonly Der[] | undefined {
  const whole = elementAt(der, 0);
  if (whole === undefined || der[0] !== 0x30 || whole.end !== der.length) return undefined;
  const found: Der[] = [];
  for (let at = whole.content; at < whole.end; ) {
    const element = elementAt(der, at);
    if (element === undefined) return undefined;
    found.push(Buffer.from(der.subarray(at, element.end)));
    at = element.end;
  }
  return found;
}

/** Of one element, without tag and length. */
export function contentOf(element: Der): Der | undefined {
  const found = elementAt(element, 0);
  return found === undefined ? undefined : element.subarray(found.content, found.end);
}

function elementAt(der: Uint8Array, at: number): { readonly content: number; readonly end: number } | undefined {
  const first = der[at + 1];
  if (first === undefined) return undefined;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || more > 4) return undefined;
  const octets = der.subarray(at + 2, at + 2 + more);
  const length = more === 0 ? first : octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const content = at + 2 + more;
  return content + length > der.length ? undefined : { content, end: content + length };
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

function base128(value: number): number[] {
  const octets = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift(0x80 | (rest % 128));
  return octets;
}
