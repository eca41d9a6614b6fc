import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { matchItems } from './match-items.ts';

/**
 * Makes a YAML document hold `after` where it held `before`, touching nothing that is equal: comments, key order,
 * quotes and flow style of the user stay. Items of lists are the same by name, mount path or port.
 */
export function editDocument(document: Document, before: Json, after: Json): void {
  document.contents = editNode(document, document.contents as Node, before, after) as never;
  // Anchors and merge keys let one change reach further than was meant.
  if (!holds(document, after)) document.contents = create(document, after) as never;
}

function holds(document: Document, after: Json): boolean {
  try {
    return isDeepStrictEqual(document.toJS(), JSON.parse(JSON.stringify(after)));
  } catch {
    return false;
  }
}

function create(document: Document, value: Json): Node {
  return document.createNode(value, { aliasDuplicateObjects: false }) as Node;
}

function editNode(document: Document, node: Node | null, before: Json | undefined, after: Json): Node {
  if (node !== null && same(before, after)) return node;
  if (isMap(node) && isObject(before) && isObject(after)) return editMap(document, node, before, after);
  if (isSeq(node) && Array.isArray(before) && Array.isArray(after)) return editSeq(document, node, before, after);
  const fresh = create(document, after);
  if (isScalar(node) && isScalar(fresh)) keepStyle(node, fresh);
  return fresh;
}

function keepStyle(node: Scalar, fresh: Scalar): void {
  fresh.comment = node.comment ?? null;
  fresh.commentBefore = node.commentBefore ?? null;
  if (typeof fresh.value === 'string' && (node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE'))
    fresh.type = node.type;
}

function editMap(document: Document, node: YAMLMap, before: JsonObject, after: JsonObject): YAMLMap {
  // Flow style cannot hold what is added in block style, and a long line helps nobody.
  node.flow = false;
  node.items = node.items.filter((item) => !Object.hasOwn(before, keyOf(item)) || Object.hasOwn(after, keyOf(item)));
  const pairs = new Map(node.items.map((item) => [keyOf(item), item]));
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const pair = pairs.get(key);
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (pair === undefined) node.items.push(document.createPair(key, value, { aliasDuplicateObjects: false }));
    else pair.value = editNode(document, pair.value as Node | null, old, value);
  }
  return node;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function editSeq(document: Document, node: YAMLSeq, before: readonly Json[], after: readonly Json[]): YAMLSeq {
  const old = node.items as Node[];
  node.items = matchItems(before, after).map((index, position): Node => {
    const value = after[position] ?? null;
    return index === undefined ? create(document, value) : editNode(document, old[index] ?? null, before[index], value);
  });
  node.flow = false;
  return node;
}

function same(a: Json | undefined, b: Json): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
