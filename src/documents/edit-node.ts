import { type Document, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { isObject, type Json, type JsonObject } from '../model/json.ts';

/**
 * Makes a YAML document hold `after` where it held `before`, touching nothing that is equal: comments, key order,
 * quotes and flow style of the user stay. Items of lists are the same by name, mount path or port.
 */
export function editDocument(document: Document, before: Json, after: Json): void {
  document.contents = editNode(document, document.contents as Node, before, after) as never;
}

function editNode(document: Document, node: Node | null, before: Json | undefined, after: Json): Node {
  if (node !== null && same(before, after)) return node;
  if (isMap(node) && isObject(before) && isObject(after)) return editMap(document, node, before, after);
  if (isSeq(node) && Array.isArray(before) && Array.isArray(after)) return editSeq(document, node, before, after);
  if (isScalar(node) && !isObject(after) && !Array.isArray(after)) {
    const fresh = document.createNode(after) as Node;
    fresh.comment = node.comment ?? null;
    return fresh;
  }
  return document.createNode(after, { aliasDuplicateObjects: false }) as Node;
}

function editMap(document: Document, node: YAMLMap, before: JsonObject, after: JsonObject): YAMLMap {
  // Flow style cannot hold what is added in block style, and a long line helps nobody.
  node.flow = false;
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) node.delete(key);
  for (const [key, value] of Object.entries(after)) {
    const pair = node.items.find((item) => keyOf(item) === key);
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (pair === undefined) node.add(document.createPair(key, value, { aliasDuplicateObjects: false }));
    else pair.value = editNode(document, pair.value as Node | null, old, value);
  }
  return node;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function editSeq(document: Document, node: YAMLSeq, before: readonly Json[], after: readonly Json[]): YAMLSeq {
  const free = before.map((value, index) => ({ value, item: node.items[index] as Node }));
  const items = after.map((value): Node => {
    const index = free.findIndex((candidate) => identity(candidate.value) === identity(value));
    const [found] = index < 0 ? [] : free.splice(index, 1);
    return found === undefined
      ? (document.createNode(value, { aliasDuplicateObjects: false }) as Node)
      : editNode(document, found.item, found.value, value);
  });
  node.items = items;
  node.flow = false;
  return node;
}

/** What makes an item of a list in a pod the same item. */
function identity(value: Json): string {
  if (!isObject(value)) return JSON.stringify(value);
  const key = ['name', 'mountPath', 'containerPort', 'key'].find((field) => value[field] !== undefined);
  return key === undefined ? JSON.stringify(value) : `${key}=${String(value[key])}`;
}

function same(a: Json | undefined, b: Json): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
