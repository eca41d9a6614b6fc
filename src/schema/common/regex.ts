import { RE2JS } from 're2js';
import { type Check, printValue } from '../problem.ts';

/** Why RE2, which Envoy matches with, does not take an expression; undefined when it does. */
export function whyNotRe2(expression: string): string | undefined {
  if (expression === '') return 'it is empty';
  if (expression.length > 8192) return 'it is longer than 8192 characters';
  try {
    RE2JS.compile(expression);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'RE2 does not take it';
  }
}

export const checkRegex: Check<string> = (value, report) => {
  const why = whyNotRe2(value);
  if (why !== undefined)
    report({ code: 'OR1648', message: `${printValue(value)} must be a regular expression of RE2: ${why}` });
};

/** Headers and query parameters may say `*` for "present". */
export const checkRegexOrStar: Check<string> = (value, report) => {
  if (value !== '*') checkRegex(value, report);
};
