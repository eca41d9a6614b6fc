import type { Headers } from './call.ts';
import { at, flag, list, type Message, text, texts } from './message.ts';

/** What a value may be made of here: literals, and what is known of the connection. */
export type Known = Readonly<Record<string, string>>;

export function formatted(format: string, known: Known): string {
  return format.replaceAll(/%([A-Z_]*)%/g, (whole, word: string) => (word === '' ? '%' : (known[word] ?? whole)));
}

/**
 * core.v3.HeaderValueOption: first the names that are removed, then all values that take the place of others, then those
 * that are put beside them; what is there already is asked of the headers as they came.
 */
export function changed(headers: Headers, additions: readonly Message[], removals: readonly string[], known: Known) {
  const gone = new Set(removals.map((name) => name.toLowerCase()));
  const left = headers.filter(([name]) => !gone.has(name));
  const there = new Set(left.map(([name]) => name));
  const changes = additions.map((option) => {
    const key = text(at(option, 'header'), 'key').toLowerCase();
    const value = formatted(text(at(option, 'header'), 'value'), known);
    return { pair: [key, value] as const, effect: effectOf(text(option, 'append_action'), there.has(key)) };
  });
  const placed = changes.filter(({ effect }) => effect === 'replace');
  const last = new Map(placed.map(({ pair }) => pair));
  const others = left.filter(([name]) => !last.has(name));
  return [...others, ...last, ...changes.flatMap(({ pair, effect }) => (effect === 'append' ? [pair] : []))];
}

function effectOf(action: string, there: boolean): 'replace' | 'append' | 'nothing' {
  switch (action) {
    case 'OVERWRITE_IF_EXISTS_OR_ADD':
      return 'replace';
    case 'OVERWRITE_IF_EXISTS':
      return there ? 'replace' : 'nothing';
    case 'ADD_IF_ABSENT':
      return there ? 'nothing' : 'append';
    default:
      return 'append';
  }
}

/** Of a weighted cluster, a route, a virtual host or a route configuration. */
export const requestChanges = (headers: Headers, holder: Message | undefined, known: Known) =>
  changed(headers, list(holder, 'request_headers_to_add'), texts(holder, 'request_headers_to_remove'), known);

export const responseChanges = (headers: Headers, holder: Message | undefined, known: Known) =>
  changed(headers, list(holder, 'response_headers_to_add'), texts(holder, 'response_headers_to_remove'), known);

/** extensions.filters.http.header_mutation: one change after the other. */
export function mutated(headers: Headers, mutations: readonly Message[], known: Known): Headers {
  let result = headers;
  for (const mutation of mutations) {
    const append = at(mutation, 'append');
    const remove = text(mutation, 'remove');
    result = changed(result, append === undefined ? [] : [append], remove === '' ? [] : [remove], known);
  }
  return result;
}

/** extensions.filters.http.header_to_metadata: only what it takes away can be seen here. */
export const withoutRead = (headers: Headers, rules: readonly Message[]): Headers =>
  headers.filter(
    ([name]) => !rules.some((rule) => flag(rule, 'remove') === true && text(rule, 'header').toLowerCase() === name),
  );
