/** One line of a bench's table; `floor` is what the design asks for, '' for a reference. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly floor: string;
}

/** Median microseconds of one call over five rounds. */
export function timed(calls: number, run: () => unknown): number {
  const rounds = Array.from({ length: 5 }, () => {
    const started = performance.now();
    for (let i = 0; i < calls / 5; i++) run();
    return ((performance.now() - started) * 1000) / (calls / 5);
  });
  return rounds.sort((a, b) => a - b)[2] ?? 0;
}

export function printTable(name: string, rows: readonly Row[]): void {
  const table = [{ what: name, measured: 'measured', floor: 'floor' }, ...rows];
  const widths = (['what', 'measured', 'floor'] as const).map((key) =>
    Math.max(...table.map((row) => row[key].length)),
  );
  for (const row of table) {
    console.log([row.what.padEnd(widths[0] ?? 0), row.measured.padEnd(widths[1] ?? 0), row.floor].join('  ').trimEnd());
  }
}
