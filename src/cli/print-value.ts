import { stringify } from 'yaml';
import { printTable, type Table } from '../operate/text/table.ts';

export function printValue(value: unknown, output: 'json' | 'yaml'): void {
  process.stdout.write(
    output === 'json'
      ? `${JSON.stringify(value, null, 2)}\n`
      : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
}

/** The table, or in its place a sentence on standard error. */
export function printRows(table: Table, none: string): void {
  if (table.rows.length > 0) process.stdout.write(printTable(table));
  else process.stderr.write(`${none}\n`);
}
