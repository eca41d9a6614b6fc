import { OutriggerError } from '../errors.ts';

/** Characters of an answer: what one object of the longest body can make. */
const answerLimit = 32 * 1024 * 1024;

/** The texts of the values. @throws OutriggerError OR1213 as soon as they are too long together */
export function bounded<T>(values: readonly T[], print: (value: T) => string, limit = answerLimit): string[] {
  let length = 0;
  return values.map((value) => {
    const text = print(value);
    length += text.length;
    if (length > limit) throw new OutriggerError('OR1213', `the answer has more than ${limit} characters`);
    return text;
  });
}
