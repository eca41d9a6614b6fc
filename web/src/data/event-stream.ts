export interface StreamedEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Events out of the text of a `text/event-stream` that comes in pieces. `EventSource` is not used, because it can send no
 * Authorization header.
 */
export class EventReader {
  #rest = '';
  #event = 'message';
  #data: string[] = [];

  read(piece: string): StreamedEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): StreamedEvent | undefined {
    if (line === '') {
      const found = this.#data.length === 0 ? undefined : { event: this.#event, data: this.#data.join('\n') };
      this.#event = 'message';
      this.#data = [];
      return found;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    if (field === 'data') this.#data.push(value);
    return undefined;
  }
}
