import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until an answer is given, and fails with `what` after `seconds`. Errors count as "not yet". */
export async function until<T>(
  what: string | (() => string),
  ask: () => Promise<T | undefined> | T | undefined,
  seconds = 15,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown = 'no answer';
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await delay(25);
  }
  throw new Error(`not within ${seconds} s: ${typeof what === 'string' ? what : what()} (${String(last)})`);
}
