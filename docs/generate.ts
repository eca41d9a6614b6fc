import { writeFileSync } from 'node:fs';
import { catalogue } from '../src/errors.ts';

/** `docs/errors.md` from the catalogue: what a reader of a code finds. */
export function renderErrorsPage(): string {
  const rows = Object.entries(catalogue).map(
    ([code, entry]) => `| ${code} | ${entry.status} | ${escapeCell(entry.title)} | ${escapeCell(entry.remedy)} |`,
  );
  return [
    '# Errors',
    '',
    'Generated from `src/errors.ts` by `npm run docs`. A code keeps its meaning for ever.',
    '',
    '| code | HTTP | what | what to do |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (import.meta.main) writeFileSync(new URL('errors.md', import.meta.url), renderErrorsPage());
