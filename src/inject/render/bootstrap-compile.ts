import type { Json } from '../../model/json.ts';
import { isObject } from '../../model/json.ts';
import { type BootstrapValues, listNames, scalarNames } from './bootstrap-values.ts';

/** A piece of a document: the same for every pod, or made of its values, as data or as JSON text. */
export type Part =
  | { readonly constant: Json }
  | { readonly make: (values: BootstrapValues) => Json; readonly print: (values: BootstrapValues) => string };

type Scalar = (typeof scalarNames)[number];
type List = (typeof listNames)[number];

/** Looked for in the template alone, which holds no private-use characters; values are placed later, unread. */
const mark = (name: string): string => `\uE000${name}\uE001`;
const marked = /\uE000(\w+)\uE001/;

/** Marks in place of the values, for json-e to carry to where they belong. */
export function markedContext(): Record<string, Json> {
  const scalars = scalarNames.map((name) => [name, mark(name)]);
  const lists = listNames.map((name) => [name, [mark(name)]]);
  return Object.fromEntries([...scalars, ...lists]);
}

/** A document with marks as a function of the values. */
export function compilePart(value: Json): Part {
  if (typeof value === 'string') return compileText(value);
  if (Array.isArray(value)) return compileList(value);
  return isObject(value) ? compileObject(value) : { constant: value };
}

function compileObject(value: { [key: string]: Json }): Part {
  const entries = Object.entries(value).map(([key, item]) => ({ key, part: compilePart(item) }));
  const moving = entries.flatMap(({ key, part }) => ('make' in part ? [{ key, make: part.make }] : []));
  if (moving.length === 0) return { constant: value };
  const pieces = mergeTexts(entries.flatMap(({ key, part }) => [`,${JSON.stringify(key)}:`, printer(part)]));
  return {
    make: (values) => {
      // Copied first, so that the keys keep the template's order.
      const object = { ...value };
      for (const { key, make } of moving) object[key] = make(values);
      return object;
    },
    print: (values) => `{${printAll(pieces, values).slice(1)}}`,
  };
}

/** A mark alone gives the value as it is, a mark within text its text. */
function compileText(text: string): Part {
  const pieces = text.split(marked);
  const [, name = ''] = pieces;
  if (pieces.length === 1) return { constant: text };
  const make: (values: BootstrapValues) => Json =
    pieces.join('') === name && isScalar(name)
      ? (values) => values.scalars[name]
      : (values) => pieces.map((piece) => (isScalar(piece) ? String(values.scalars[piece]) : piece)).join('');
  return { make, print: (values) => JSON.stringify(make(values)) };
}

function compileList(items: readonly Json[]): Part {
  const parts = items.map((item) => ({ list: listMark(item), part: compilePart(item) }));
  if (parts.every(({ list, part }) => list === undefined && 'constant' in part)) return { constant: [...items] };
  const pieces = mergeTexts(
    parts.flatMap(({ list, part }) =>
      list === undefined
        ? [',', printer(part)]
        : [(values) => values.lists[list].map((item) => `,${JSON.stringify(item)}`).join('')],
    ),
  );
  return {
    make: (values) =>
      parts.flatMap(({ list, part }) => {
        if (list !== undefined) return values.lists[list];
        return ['constant' in part ? part.constant : part.make(values)];
      }),
    print: (values) => `[${printAll(pieces, values).slice(1)}]`,
  };
}

type Piece = string | ((values: BootstrapValues) => string);

function printer(part: Part): Piece {
  return 'constant' in part ? JSON.stringify(part.constant) : part.print;
}

function printAll(pieces: readonly Piece[], values: BootstrapValues): string {
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(values);
  return text;
}

function mergeTexts(pieces: readonly Piece[]): Piece[] {
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') merged[merged.length - 1] = last + piece;
    else merged.push(piece);
  }
  return merged;
}

function isScalar(name: string): name is Scalar {
  return scalarNames.some((known) => known === name);
}

function listMark(item: Json): List | undefined {
  const name = typeof item === 'string' ? marked.exec(item)?.[1] : undefined;
  return listNames.find((known) => known === name);
}
