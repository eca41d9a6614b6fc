import { parse } from '@bufbuild/cel';
import { type Check, printValue, type Report } from '../problem.ts';
import { type CelTree, whyNotOfEnvoy } from './cel-of-envoy.ts';

/** Istio reads the expressions of filters itself; those of tags it passes on. What it takes and Envoy does not is kept away from Envoy. */
const expression =
  (readBy: 'istio' | 'envoy'): Check<string> =>
  (value, report) => {
    const tree = treeOf(value);
    if (typeof tree === 'string') refuse(value, tree, { report, istioTakesIt: readBy === 'envoy' });
    else {
      // `)%` would end the expression where it stands within a format.
      const why = value.includes(')%') ? 'write a space between ) and %' : whyNotOfEnvoy(tree);
      if (why !== undefined) refuse(value, why, { report, istioTakesIt: true });
    }
  };

/** The expression of a filter, which must be one. */
export const checkExpression = expression('istio');
/** The value of a tag. */
export const checkTagExpression = expression('envoy');

/** Where it is no more than a part of a text. */
export function isExpressionOfEnvoy(text: string): boolean {
  const tree = treeOf(text);
  return typeof tree !== 'string' && whyNotOfEnvoy(tree) === undefined;
}

/** What is wrong with its form, else the expression as a tree. */
function treeOf(value: string): CelTree | string {
  try {
    return parse(value).expr;
  } catch (error) {
    const text = String(error instanceof Error ? error.message : error).replace(/^<input>:/, 'at ');
    // The parser lists all that could stand there.
    return text.replace(/ but expecting .*$/s, '');
  }
}

function refuse(value: string, why: string, { report, istioTakesIt }: { report: Report; istioTakesIt: boolean }): void {
  const message = `${printValue(value)} must be an expression of CEL: ${why}`;
  report({ code: 'OR1657', message, ...(istioTakesIt ? { istioTakesIt: true as const } : {}) });
}
