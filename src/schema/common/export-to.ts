import { listOf, text } from '../build.ts';
import { printValue } from '../problem.ts';
import { isDnsLabel } from './host-name.ts';

export const exportTo = listOf(
  text('A namespace, . or *.', (value, report) => {
    if (value !== '.' && value !== '*' && value !== '~' && !isDnsLabel(value))
      report({ code: 'OR1657', message: `${printValue(value)} must be a namespace, . or *` });
  }),
  'Namespaces that see it: . is its own, * is every one (the default).',
  (values, report) => {
    for (const [index, value] of values.entries()) {
      if (values.indexOf(value) < index) report({ at: [index], code: 'OR1652', message: `${value} is listed twice` });
    }
    if (values.length > 1 && values.includes('*'))
      report({ code: 'OR1645', message: '* must stand alone: it is every namespace' });
  },
);
