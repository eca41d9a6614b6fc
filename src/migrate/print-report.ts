import type { MigrationItem, MigrationReport, MigrationStep } from './report.ts';

/** More places of one item are a number. */
const mostPlaces = 5;

/** For people: three lists and the steps with their commands. */
export function printReport(report: MigrationReport): string {
  const { unchanged, differs, unsupported, steps } = report;
  return [
    ...list('Works unchanged', '✔', unchanged),
    ...list('Differs', '!', differs),
    ...list('Not supported', '✘', unsupported),
    'Steps',
    ...steps.flatMap(printStep),
    '',
  ]
    .map(harmless)
    .join('\n');
}

/** Names and values come from whoever wrote the objects: nothing of them moves a terminal. */
function harmless(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

function list(title: string, mark: string, items: readonly MigrationItem[]): string[] {
  const rows = items.flatMap(({ subject, text, places }) => {
    const counted = places.length > 1 ? `${places.length} × ` : '';
    return [`  ${mark} ${counted}${subject}: ${text}`, ...(places.length > 0 ? [`      ${where(places)}`] : [])];
  });
  return [title, ...(rows.length > 0 ? rows : ['  nothing was found']), ''];
}

function where(places: readonly string[]): string {
  const further = places.length - mostPlaces;
  return `${places.slice(0, mostPlaces).join(', ')}${further > 0 ? ` and ${further} more` : ''}`;
}

function printStep({ title, commands, note }: MigrationStep, index: number): string[] {
  return [
    `  ${index + 1}. ${title}`,
    ...commands.map((command) => `       $ ${command}`),
    ...(note === undefined ? [] : [`     ${note}`]),
  ];
}
