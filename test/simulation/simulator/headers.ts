import type { Headers } from './call.ts';
import { at, flag, list, type Message, text, texts } from './message.ts';

/** What a value may be made of here: literals, and what is known of the connection. */
export type Known = Readonly<Record<string, string>>;

export function formatted(format: string, known: Known): string {
  return format.replaceAll(/%([A-Z_]*)%/g, (whole, word: string) => (word === '' ? '%' : (known[word] ?? whole)));
}

/** core.v3.HeaderValueOption, in order; then the names that are removed. */
export function changed(headers: Headers, additions: readonly Message[], removals: readonly string[], known: Known) {
  let result = [...headers];
  for (const option of additions) {
    const key = text(at(option, 'header'), 'key').toLowerCase();
    const value = formatted(text(at(option, 'header'), 'value'), known);
    result = added(result, key, value, option);
  }
  const gone = new Set(removals.map((name) => name.toLowerCase()));
  return result.filter(([name]) => !gone.has(name));
}

function added(headers: [string, string][] | Headers, key: string, value: string, option: Message) {
  const there = headers.some(([name]) => name === key);
  const others = headers.filter(([name]) => name !== key);
  switch (text(option, 'append_action')) {
    case 'OVERWRITE_IF_EXISTS_OR_ADD':
      return [...others, [key, value] as const];
    case 'OVERWRITE_IF_EXISTS':
      return there ? [...others, [key, value] as const] : [...headers];
    case 'ADD_IF_ABSENT':
      return there ? [...headers] : [...headers, [key, value] as const];
    default:
      return [...headers, [key, value] as const];
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
