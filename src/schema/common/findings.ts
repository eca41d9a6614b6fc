import type { Report, Segment, Severity } from '../problem.ts';

/** Warns of each given field with what to use instead. */
export function warnOf(value: object, notes: Readonly<Record<string, string>>, report: Report): void {
  for (const [name, note] of Object.entries(notes)) {
    if (Object.hasOwn(value, name)) report({ at: [name], severity: 'warning', code: 'OR1653', message: note });
  }
}

/** Reports each name that an earlier one equals; a place without a name is none. */
export function reportTwice(
  names: readonly (string | undefined)[],
  place: {
    readonly at: (index: number) => readonly Segment[];
    readonly what: string;
    readonly severity?: Severity;
    readonly report: Report;
  },
): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (name !== undefined && seen.has(name))
      place.report({
        at: place.at(index),
        severity: place.severity ?? 'error',
        code: 'OR1652',
        message: `the ${place.what} ${name} is there twice`,
      });
    if (name !== undefined) seen.add(name);
  }
}

export function warnOfEmpty(labels: object | undefined, report: Report): void {
  if (Object.keys(labels ?? {}).length === 0)
    report({
      severity: 'warning',
      code: 'OR1654',
      message: 'a selector without labels selects everything in the namespace',
    });
}
