import { listOf, text } from '../build.ts';
import { printValue } from '../problem.ts';
import { reportTwice } from './findings.ts';
import { isDnsLabel } from './host-name.ts';

const build = (marks: readonly string[]) =>
  listOf(
    text('A namespace, . or *.', (value, report) => {
      if (!marks.includes(value) && !isDnsLabel(value))
        report({ code: 'OR1657', message: `${printValue(value)} must be a namespace, . or *` });
    }),
    'Namespaces that see it: . is its own, * is every one (the default).',
    (values, report) => {
      reportTwice(values, { at: (index) => [index], what: 'namespace', report });
      const alone = values.find((value) => value === '*' || value === '~');
      if (values.length > 1 && alone !== undefined)
        report({
          code: 'OR1645',
          message: `${alone} must stand alone: it is ${alone === '*' ? 'every' : 'no'} namespace`,
        });
    },
  );

export const exportTo = build(['.', '*']);
/** A ServiceEntry may also be for nobody but its own workloads. */
export const exportToOrNone = build(['.', '*', '~']);
