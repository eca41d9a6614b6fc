import { type Check, printValue } from '../problem.ts';

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * What is no expression of CEL for sure: Envoy would refuse the whole listener. Quotes and brackets must close; `)%`
 * would end the expression where it stands within a format.
 */
function whyNotCel(expression: string): string | undefined {
  if (expression.trim() === '') return 'it is empty';
  if (expression.includes(')%')) return 'write a space between ) and %';
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '');
  if (/["']/.test(bare)) return 'a quote is not closed';
  const open: string[] = [];
  for (const letter of bare) {
    const close = closing[letter];
    if (close !== undefined) open.push(close);
    else if (')]}'.includes(letter) && open.pop() !== letter) return `${letter} has no beginning`;
  }
  return open.length === 0 ? undefined : `${open.at(-1)} is missing`;
}

export const checkExpression: Check<string> = (value, report) => {
  const why = whyNotCel(value);
  if (why !== undefined)
    report({ code: 'OR1657', message: `${printValue(value)} must be an expression of CEL: ${why}` });
};
