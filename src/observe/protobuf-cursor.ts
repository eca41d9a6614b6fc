/** Reads fields of one protobuf message after the other in place: no text and no object is made of them. */
export class ProtobufCursor {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** A number of up to 53 bits. Throws RangeError when the bytes end before it does. */
  varint(): number {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = this.#bytes[this.at];
      if (byte === undefined || weight > 2 ** 63) throw cutOff();
      this.at += 1;
      value += (byte & 127) * weight;
      if (byte < 128) return value;
    }
  }

  /** Throws RangeError, as all that follow. */
  double(): number {
    if (this.at + 8 > this.#bytes.length) throw cutOff();
    this.at += 8;
    return this.#bytes.readDoubleLE(this.at - 8);
  }

  /** Where the message, or text, ends whose length stands here; what comes next is its first byte. */
  end(): number {
    const length = this.varint();
    if (this.at + length > this.#bytes.length) throw cutOff();
    return this.at + length;
  }

  text(): string {
    const end = this.end();
    const text = this.#bytes.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  /** Passes over the value of a field of no interest. */
  skip(tag: number): void {
    const kind = tag & 7;
    if (kind === 0) this.varint();
    else if (kind === 1) this.double();
    else if (kind === 2) this.at = this.end();
    else if (kind === 5 && this.at + 4 <= this.#bytes.length) this.at += 4;
    else throw cutOff();
  }
}

function cutOff(): RangeError {
  return new RangeError('the metrics are cut off, or no protobuf');
}
