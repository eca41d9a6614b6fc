import { mapOf, message, text } from '../build.ts';
import { type Check, printValue } from '../problem.ts';
import { warnOfEmpty } from './findings.ts';

const name = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

export function isLabelKey(key: string): boolean {
  const slash = key.lastIndexOf('/');
  const local = key.slice(slash + 1);
  const prefix = slash < 0 ? 'x' : key.slice(0, slash);
  return local.length <= 63 && name.test(local) && prefix.length <= 253 && name.test(prefix);
}

export const checkLabels: Check<Record<string, string>> = (labels, report) => {
  for (const [key, value] of Object.entries(labels)) {
    if (!isLabelKey(key))
      report({ at: [key], code: 'OR1657', message: `${printValue(key)} must be the key of a label` });
    if (value !== '' && (value.length > 63 || !name.test(value)))
      report({
        at: [key],
        code: 'OR1657',
        message: `${printValue(value)} must be a label value: letters, digits, -, _ and ., at most 63`,
      });
  }
};

export const labels = (description: string) => mapOf(text('The value of the label.'), description, checkLabels);

/** The selector of the security API. */
export const WorkloadSelector = message(
  { matchLabels: labels('Labels that a pod must have, all of them.') },
  {
    description: 'Which pods; none given means every pod of the namespace.',
    check: ({ matchLabels }, report) => warnOfEmpty(matchLabels, report),
  },
);
