/** Rows of cells below headers, as kubectl prints them: columns three spaces apart, nothing after the last. */
export interface Table {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const gap = '   ';

export function printTable({ headers, rows }: Table): string {
  const lines = [headers, ...rows.map((row) => row.map(printable))];
  const widths = headers.map((_, column) => longest(lines, column));
  const print = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd();
  return `${lines.map(print).join('\n')}\n`;
}

function longest(lines: readonly (readonly string[])[], column: number): number {
  let width = 0;
  for (const line of lines) width = Math.max(width, line[column]?.length ?? 0);
  return width;
}

/** Names come from clusters and proxies: none may steer the terminal or turn the direction of a line. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, '\ufffd');
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** `3d4h`, `5m10s`, `12s`: the two largest units. Milliseconds. */
export function printAge(ms: number): string {
  const first = units.findIndex(([, size]) => ms >= size);
  if (first < 0) return '0s';
  let rest = ms;
  return units
    .slice(first, first + 2)
    .map(([unit, size]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count === 0 ? '' : `${count}${unit}`;
    })
    .join('');
}
