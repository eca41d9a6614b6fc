/** In code points, as the API server counts: https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/filters/warning.go */
const itemLimit = 256;
const totalLimit = 4096;

/**
 * Warnings as the API server passes them on: it drops a warning with a control character, and cuts each at
 * 256 code points once all together exceed 4,096. Here each is cut first, and the last says what is missing.
 */
export function cleanWarnings(warnings: readonly string[]): readonly string[] {
  if (warnings.length === 0) return warnings;
  const clean: string[] = [];
  const reserve = 64;
  let total = 0;
  for (const warning of new Set(warnings)) {
    const text = cleanText(warning);
    total += [...text].length;
    if (total > totalLimit - reserve) {
      clean.push(`${new Set(warnings).size - clean.length} more warnings are in the log`);
      break;
    }
    clean.push(text);
  }
  return clean;
}

function cleanText(text: string): string {
  const printable = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').toWellFormed();
  if (printable.length <= itemLimit) return printable;
  const points = [...printable];
  return points.length <= itemLimit ? printable : `${points.slice(0, itemLimit - 1).join('')}…`;
}
