import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { fieldEffects } from '../src/policy/unimplemented.ts';
import { kinds } from '../src/schema/kinds.ts';
import { table } from './page.ts';

const goldenFolder = join(import.meta.dirname, '../test/api/golden');

/** Every field of every kind: `test/policy` holds the lists to the schemas, `test/api/fields.test.ts` to what proxies get. */
export function apiLines(): readonly string[] {
  const count = (state: 'implemented' | 'ignored') =>
    kinds.reduce((sum, { kind }) => sum + fieldEffects[kind][state].length, 0);
  return [
    'Every field of every kind, in the notation `http[].match[].uri.exact`: `[]` is each of a list, `{}` each of a map.',
    '',
    '- **works**: proxies get something else when the field is left out. The case that shows it lies in `test/api/cases`; the test is',
    '  `test/api/fields.test.ts`, `<kind> > <field>`, the lines of configuration are in `test/api/golden`.',
    '- **reported**: accepted and without effect; `outrigger` warns (OR2404) and says what is so instead.',
    '- **ignored**: without effect in Istio, too.',
    '',
    `${count('implemented')} fields work.`,
    ...kinds.flatMap(({ kind, group, versions }) => [
      ...['', `## ${kind}`, '', `\`${group}\`, ${versions.join(', ')}`, ''],
      ...table(['field', 'state', 'shown by, or why not'], rowsOf(kind)),
    ]),
  ];
}

function rowsOf(kind: (typeof kinds)[number]['kind']): readonly (readonly string[])[] {
  const { implemented, notYet, ignored, values } = fieldEffects[kind];
  const golden: Readonly<Record<string, { readonly shownBy: string }>> = parse(
    readFileSync(join(goldenFolder, `${kind}.yaml`), 'utf8'),
  );
  const but = (field: string) => values.filter(({ path }) => path === field).map(({ message }) => `; but: ${message}`);
  const rows = [
    ...implemented.map((field) => [field, 'works', `${golden[field]?.shownBy ?? ''}${but(field).join('')}`]),
    ...Object.entries(notYet).map(([field, instead]) => [field, 'reported', instead]),
    ...ignored.map((field) => [field, 'ignored', "Istio's API has it, Istio does not read it"]),
  ];
  return rows
    .map(([field = '', state = '', why = '']) => [`\`${field}\``, state, why])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
}
