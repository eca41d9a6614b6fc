/** One line of `outrigger check`. */
export interface CheckLine {
  readonly group: string;
  /** What is true when it is well. */
  readonly text: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** Why not. */
  readonly reason?: string;
  /** What to do. */
  readonly hint?: string;
}

export function ok(group: string, text: string): CheckLine {
  return { group, text, state: 'ok' };
}

export function failed(group: string, text: string, about: { reason: string; hint: string }): CheckLine {
  return { group, text, state: 'failed', ...about };
}

export function warning(group: string, text: string, about: { reason: string; hint: string }): CheckLine {
  return { group, text, state: 'warning', ...about };
}

const marks = { ok: '✔', warning: '‼', failed: '×' } as const;

/** A heading for each group, a mark for each line, reason and hint below those that are not well. Pure. */
export function printChecks(lines: readonly CheckLine[]): string {
  const printed: string[] = [];
  let group = '';
  for (const line of lines) {
    if (line.group !== group) {
      group = line.group;
      printed.push(...(printed.length === 0 ? [] : ['']), group, '-'.repeat(group.length));
    }
    printed.push(`${marks[line.state]} ${line.text}`);
    if (line.reason !== undefined) printed.push(`    ${line.reason}`);
    if (line.hint !== undefined) printed.push(`    hint: ${line.hint}`);
  }
  return `${printed.join('\n')}\n\nStatus check results are ${marks[worst(lines)]}\n`;
}

export function worst(lines: readonly CheckLine[]): CheckLine['state'] {
  if (lines.some(({ state }) => state === 'failed')) return 'failed';
  return lines.some(({ state }) => state === 'warning') ? 'warning' : 'ok';
}
