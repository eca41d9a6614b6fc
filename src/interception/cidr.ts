import { isIPv4, isIPv6 } from 'node:net';

/** An address block as rules need it. `text` is how `iptables-save` prints it: host bits cleared, IPv6 compressed. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly text: string;
  /** Prefix length 0: `iptables-save` leaves such a match out. */
  readonly any: boolean;
  /** The address as given is a loopback address (127.0.0.0/8 or ::1). */
  readonly loopback: boolean;
}

/**
 * Reads `address/length` as strictly as Go's netip.ParsePrefix, which Istio validates with: no bare address, no
 * leading zeros, no zone, no sign; host bits may be set. Undefined when it is anything else.
 */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([0-9a-fA-F.:]+)\/(0|[1-9][0-9]{0,2})$/.exec(text);
  const address = match?.[1] ?? '';
  const length = Number(match?.[2]);
  if (isIPv4(address) && length <= 32) {
    const bytes = address.split('.').map(Number);
    const masked = maskWords(bytes, { length, width: 8 });
    return {
      family: 4,
      text: `${masked.join('.')}/${length}`,
      any: length === 0,
      loopback: bytes[0] === 127,
    };
  }
  if (!isIPv6(address) || length > 128) return undefined;
  const words = parseWords(address);
  return {
    family: 6,
    text: `${printWords(maskWords(words, { length, width: 16 }))}/${length}`,
    any: length === 0,
    loopback: words.every((word, index) => word === (index === 7 ? 1 : 0)),
  };
}

function maskWords(words: readonly number[], mask: { length: number; width: number }): number[] {
  return words.map((word, index) => {
    const kept = Math.min(Math.max(mask.length - index * mask.width, 0), mask.width);
    return word & ~(2 ** (mask.width - kept) - 1);
  });
}

/** The eight 16-bit words of a valid IPv6 address, dotted endings included. */
function parseWords(address: string): number[] {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const high = Number(a) * 256 + Number(b);
    const low = Number(c) * 256 + Number(d);
    return `${high.toString(16)}:${low.toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const left = toWords(head);
  if (tail === undefined) return left;
  const right = toWords(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function toWords(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
}

/** RFC 5952 as glibc's inet_ntop prints it (dotted ending for IPv4-compatible and IPv4-mapped addresses). */
function printWords(words: readonly number[]): string {
  const zeros = longestZeroRun(words);
  const dotted = zeros.start === 0 && (zeros.length === 6 || (zeros.length === 5 && words[5] === 0xffff));
  const parts = words.map((word) => word.toString(16));
  if (dotted) {
    const [high = 0, low = 0] = words.slice(6);
    parts.splice(6, 2, `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`);
  }
  if (zeros.length < 2) return parts.join(':');
  return `${parts.slice(0, zeros.start).join(':')}::${parts.slice(zeros.start + zeros.length).join(':')}`;
}

function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  words.forEach((word, index) => {
    if (word !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  });
  return best;
}
