import { RE2JS } from 're2js';
import { type Check, printValue } from '../problem.ts';

/** What expressions of one resource may cost together: about 0.2 s to compile. Characters, and ten for each repetition. */
const mostOfResource = 300_000;
let spent = 0;

/** Of the next resource: checks run one after the other. */
export function beginRegexes(): void {
  spent = 0;
}

/** Why RE2, which Envoy matches with, does not take an expression; undefined when it does. */
export function whyNotRe2(expression: string): string | undefined {
  if (expression === '') return 'it is empty';
  if (expression.length > 1024) return 'it is longer than 1024 characters';
  if (sumOfRepeats(expression) > 5000) return tooManyRepeats;
  try {
    RE2JS.compile(expression);
    return undefined;
  } catch (error) {
    return error instanceof Error
      ? error.message.replace(/^error parsing regexp: /, '').slice(0, 120)
      : 'RE2 does not take it';
  }
}

const tooMuchTogether = 'the expressions of the resource are too large together';
const tooManyRepeats = 'its repetitions are more than 5000 together';

/** What is repeated is compiled as often as it is: a bound on time and memory, here and in Envoy. */
function sumOfRepeats(expression: string): number {
  const counts = [...expression.matchAll(/\{(?:\d*,)?(\d+),?\}/g)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

export const checkRegex: Check<string> = (value, report) => {
  spent += value.length + 10 * sumOfRepeats(value);
  const why = spent > mostOfResource ? tooMuchTogether : whyNotRe2(value);
  if (why === undefined) return;
  const message = `${printValue(value)} must be a regular expression of RE2: ${why}`;
  // Istio compiles with Go's regexp, which has no bound on all repetitions together.
  const istioTakesIt = why === tooManyRepeats || why === tooMuchTogether ? { istioTakesIt: true as const } : {};
  report({ code: 'OR1648', message, ...istioTakesIt });
};

/** Headers and query parameters may say `*` for "present". */
export const checkRegexOrStar: Check<string> = (value, report) => {
  if (value !== '*') checkRegex(value, report);
};

/** Where empty is not set. */
export const checkRegexIfAny: Check<string> = (value, report) => {
  if (value !== '') checkRegex(value, report);
};
