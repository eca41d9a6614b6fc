import { parse } from '@bufbuild/cel';
import { type Check, printValue } from '../problem.ts';

/** Envoy would refuse the whole listener. `)%` would end the expression where it stands within a format. */
function whyNotCel(expression: string): string | undefined {
  if (expression.includes(')%')) return 'write a space between ) and %';
  try {
    parse(expression);
    return undefined;
  } catch (error) {
    return String(error instanceof Error ? error.message : error).replace(/^<input>:/, 'at ');
  }
}

export const checkExpression: Check<string> = (value, report) => {
  const why = whyNotCel(value);
  if (why !== undefined)
    report({ code: 'OR1657', message: `${printValue(value)} must be an expression of CEL: ${why}` });
};
