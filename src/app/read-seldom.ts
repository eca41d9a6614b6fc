/** Milliseconds for which what was read holds. */
const holdsMs = 1000;

/**
 * The same reading, once a second at most and one at a time, however many ask: who may ask here is more than who may there. `now` is
 * milliseconds of a clock that nobody sets.
 */
export function readSeldom<T>(read: () => Promise<T>, now: () => number): () => Promise<T> {
  let last: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (last !== undefined && now() < until) return last;
    const reading = read();
    last = reading;
    until = Number.POSITIVE_INFINITY;
    reading.then(
      () => {
        until = now() + holdsMs;
      },
      () => {
        last = undefined;
      },
    );
    return reading;
  };
}
