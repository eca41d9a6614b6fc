import type { Readable } from 'node:stream';

/** Longer lines are no event: etcd holds objects of 1.5 MiB at most. Characters. */
const longestLine = 16 * 1024 * 1024;

/**
 * The lines of a stream as they are complete, whatever its chunks. What follows the last line break is dropped: a
 * connection that ends there was cut in the middle of an event, which the resumed watch brings again.
 */
export async function* splitLines(stream: Readable): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new Error(`a line is longer than ${longestLine} characters`);
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}
