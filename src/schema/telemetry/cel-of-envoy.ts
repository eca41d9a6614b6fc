import type { parse } from '@bufbuild/cel';
import { whyNotRe2 } from '../common/regex.ts';
import { listWords } from '../problem.ts';

export type CelTree = ReturnType<typeof parse>['expr'];
type CelNode = CelTree['exprKind'];
type Call = Extract<CelNode, { case: 'callExpr' }>['value'];

const timeParts = [
  ...['getFullYear', 'getMonth', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear'],
  ...['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'],
];
const conversions = ['type', 'int', 'uint', 'double', 'bytes', 'bool', 'duration', 'timestamp', 'dyn'];
const comparisons = ['contains', 'startsWith', 'endsWith', 'matches'];

/** What Envoy 1.40 can call, by name: how many arguments as a function, and how many as a method. `test/envoy/cel.test.ts` asks it. */
const functions = new Map<string, { readonly plain: readonly number[]; readonly method: readonly number[] }>([
  ['size', { plain: [1], method: [0] }],
  ...comparisons.map((name) => [name, { plain: [2], method: [1] }] as const),
  ...conversions.map((name) => [name, { plain: [1], method: [] }] as const),
  ...timeParts.map((name) => [name, { plain: [], method: [0, 1] }] as const),
]);
/** Written `re.extract(…)`. */
const ofRe = new Map([
  ['extract', 3],
  ['capture', 2],
  ['captureN', 2],
]);

/**
 * Why Envoy cannot make a program of an expression that can be read; undefined when it can. Envoy refuses the whole
 * listener otherwise, and with it every later change of it.
 */
export function whyNotOfEnvoy(tree: CelTree): string | undefined {
  const pending: (CelTree | undefined)[] = [tree];
  while (pending.length > 0) {
    const node = pending.pop()?.exprKind;
    if (node === undefined) continue;
    const why = whyNotNode(node);
    if (why !== undefined) return why;
    pending.push(...partsOf(node));
  }
  return undefined;
}

function whyNotNode(node: CelNode): string | undefined {
  if (node.case === 'comprehensionExpr') return 'Envoy has no all, exists, exists_one, map and filter';
  if (node.case === 'structExpr' && node.value.messageName !== '')
    return `Envoy makes no ${node.value.messageName.slice(0, 80)}`;
  return node.case === 'callExpr' ? whyNotCall(node.value) : undefined;
}

function whyNotCall(call: Call): string | undefined {
  const { function: name, target, args } = call;
  if (!/^\w+$/.test(name)) return undefined; // An operator, as `_+_`.
  const space = target?.exprKind.case === 'identExpr' ? target.exprKind.value.name : undefined;
  if (space === 're' && ofRe.get(name) === args.length) return undefined;
  const known = functions.get(name);
  const counts = target === undefined ? known?.plain : known?.method;
  if (known === undefined) return `Envoy has no function ${name.slice(0, 80)}`;
  if (counts?.includes(args.length) !== true)
    return `Envoy has ${name} only with ${listWords([...new Set([...known.plain.map(plain(name)), ...known.method.map(method(name))])])}`;
  return name === 'matches' ? whyNotPattern(args.at(-1)) : undefined;
}

const plain = (name: string) => (count: number) => `${name}(${'_'.repeat(count).split('').join(', ')})`;
const method = (name: string) => (count: number) => `_.${plain(name)(count)}`;

/** A pattern that stands in the expression is compiled in advance. */
function whyNotPattern(pattern: CelTree | undefined): string | undefined {
  const constant = pattern?.exprKind.case === 'constExpr' ? pattern.exprKind.value.constantKind : undefined;
  const why = constant?.case === 'stringValue' && constant.value !== '' ? whyNotRe2(constant.value) : undefined;
  return why === undefined ? undefined : `its regular expression is none of RE2: ${why}`;
}

function partsOf(node: CelNode): (CelTree | undefined)[] {
  switch (node.case) {
    case 'callExpr':
      return [node.value.target, ...node.value.args] as CelTree[];
    case 'selectExpr':
      return [node.value.operand] as CelTree[];
    case 'listExpr':
      return [...node.value.elements] as CelTree[];
    case 'structExpr':
      return node.value.entries.flatMap(({ keyKind, value }) =>
        keyKind.case === 'mapKey' ? [keyKind.value, value] : [value],
      ) as CelTree[];
    default:
      return [];
  }
}
