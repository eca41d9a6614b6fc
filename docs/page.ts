/** A page of docs/ that is made of the program's own data. */
export function page(title: string, source: string, lines: readonly string[]): string {
  return [`# ${title}`, '', `Generated from \`${source}\` by \`npm run docs\`.`, '', ...lines, ''].join('\n');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)];
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
