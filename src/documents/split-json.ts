/**
 * The texts of JSON objects that stand one after another; undefined where anything else is between them.
 * Reads no more than braces and strings, in one pass: a string without end is one to the end.
 */
export function splitJson(text: string): string[] | undefined {
  const found: string[] = [];
  let depth = 0;
  let begin = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\[\s\S])*"?|[{}]|[^\s{}"]+/g)) {
    if (depth === 0 && token !== '{') return undefined;
    if (depth === 0) begin = index;
    if (token === '{') depth += 1;
    if (token === '}') depth -= 1;
    if (token === '}' && depth === 0) found.push(text.slice(begin, index + 1));
  }
  return depth === 0 ? found : undefined;
}
