/**
 * The base64 of a text in which one name can be exchanged for another of the same length, without encoding the
 * rest again: whole groups of three bytes that the name does not touch are encoded once.
 */
export class RenamableBase64 {
  readonly #parts: readonly Part[];
  readonly #name: string;
  /** UTF-8 bytes of the text. */
  readonly bytes: number;

  /** `name` is ASCII and stays as long as it is. */
  constructor(text: string, name: string) {
    const bytes = Buffer.from(text, 'utf8');
    this.bytes = bytes.length;
    this.#name = name;
    this.#parts = splitAround(bytes, name);
  }

  encode(name: string): string {
    let encoded = '';
    for (const part of this.#parts) {
      encoded +=
        typeof part === 'string'
          ? part
          : Buffer.from(part.window.replaceAll(this.#name, name), 'latin1').toString('base64');
    }
    return encoded;
  }
}

/** Base64 that stays, or the bytes around the name as latin1. */
type Part = string | { readonly window: string };

function splitAround(bytes: Buffer, name: string): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (
    let [start, end] = nextWindow(bytes, name, 0);
    start < bytes.length;
    [start, end] = nextWindow(bytes, name, done)
  ) {
    if (start > done) parts.push(bytes.subarray(done, start).toString('base64'));
    parts.push({ window: bytes.subarray(start, end).toString('latin1') });
    done = end;
  }
  if (done < bytes.length) parts.push(bytes.subarray(done).toString('base64'));
  return parts;
}

/** The groups of three bytes that the next occurrence touches, and those of occurrences that begin within them. */
function nextWindow(bytes: Buffer, name: string, from: number): [number, number] {
  let at = bytes.indexOf(name, from, 'latin1');
  if (at < 0) return [bytes.length, bytes.length];
  const start = at - (at % 3);
  let end = start;
  while (at >= 0 && at <= end + 2) {
    end = Math.min(bytes.length, Math.ceil((at + name.length) / 3) * 3);
    at = bytes.indexOf(name, at + name.length, 'latin1');
    if (at < 0 || at >= end) break;
  }
  return [start, end];
}
