import { type Document, isNode, isScalar, LineCounter, parseAllDocuments, type Tags, visit, type YAMLMap } from 'yaml';
import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';

/** One Kubernetes object of a file. */
export interface FileObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly object: JsonObject;
  /** `file:line:column` of the object, or of a field of it where the file has that field. */
  at(...field: string[]): string;
}

export interface ParsedFile {
  readonly objects: readonly FileObject[];
  /** One for each document, or item of a List, that cannot be used; the others live. */
  readonly problems: readonly OutriggerError[];
}

/**
 * The objects of one file: several documents, and the items of Lists. Faults carry file:line:column: OR1601, OR1606,
 * OR1607. Messages never quote the file, which may hold Secrets.
 */
export function parseObjects(text: string, file: string): ParsedFile {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const found = { objects: [] as FileObject[], problems: [] as OutriggerError[] };
  collectFault(found.problems, () => {
    for (const document of parseText(text, file, lines)) {
      collectFault(found.problems, () => addDocument(document, place, found));
    }
  });
  return found;
}

/** Runs a part of a reading; its coded failure is one problem, and the reading goes on. */
export function collectFault(problems: OutriggerError[], part: () => void): void {
  try {
    part();
  } catch (error) {
    if (!(error instanceof OutriggerError)) throw error;
    problems.push(error);
  }
}

interface Found {
  readonly objects: FileObject[];
  readonly problems: OutriggerError[];
}

function addDocument(document: Document.Parsed, place: (offset: number) => string, found: Found): void {
  const fault = document.errors[0];
  if (fault !== undefined) {
    throw new OutriggerError('OR1601', `${fault.code}: ${firstLine(fault.message)}`, { at: place(fault.pos[0]) });
  }
  const twice = findTwice(document);
  if (twice !== undefined) {
    throw new OutriggerError('OR1601', 'DUPLICATE_KEY: Map keys must be unique', { at: place(twice) });
  }
  const at = (path: readonly (string | number)[]) => place(offsetOf(document, path));
  addObject(toPlain(document, at([])), [], at, found);
}

function parseText(text: string, file: string, lineCounter: LineCounter): readonly Document.Parsed[] {
  const reading = { schema: 'yaml-1.1', customTags: withoutTimes, resolveKnownTags: false, stringKeys: true } as const;
  // The check of the library compares every key with every other.
  const options = { ...reading, lineCounter, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
  try {
    const documents = parseAllDocuments(text, options);
    return Array.isArray(documents) ? documents : [];
  } catch (cause) {
    // The parser recurses: a file of nothing but brackets overflows its stack.
    throw new OutriggerError('OR1601', 'it is nested too deep', { at: `${file}:1:1`, cause });
  }
}

/** kubectl reads YAML 1.1 (`0400` is 256, `yes` no text), but for dates and base 60. */
function withoutTimes(tags: Tags): Tags {
  const left = ['timestamp', 'binary', 'set', 'omap', 'pairs'];
  return tags.filter((tag) => {
    if (typeof tag === 'string') return true;
    return !left.some((name) => tag.tag.endsWith(`:${name}`)) && !('format' in tag && tag.format === 'TIME');
  });
}

/** Where the first key stands that its map has already. */
function findTwice(document: Document.Parsed): number | undefined {
  let found: number | undefined;
  visit(document, {
    Map: (_, map) => {
      found = twiceIn(map);
      return found === undefined ? undefined : visit.BREAK;
    },
  });
  return found;
}

function twiceIn(map: YAMLMap): number | undefined {
  const seen = new Set<unknown>();
  for (const { key } of map.items) {
    if (!isScalar(key) || typeof key.value !== 'string' || key.value === '<<') continue;
    if (seen.has(key.value)) return key.range?.[0];
    seen.add(key.value);
  }
  return undefined;
}

function toPlain(document: Document.Parsed, at: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    if (cause instanceof RangeError) throw new OutriggerError('OR1601', 'it is nested too deep', { at, cause });
    throw new OutriggerError('OR1607', 'this document would grow out of all proportion', { at, cause });
  }
}

type Place = (path: readonly (string | number)[]) => string;

function addObject(value: unknown, path: readonly (string | number)[], at: Place, found: Found): void {
  if (value === null || value === undefined) return;
  if (!isObject(value)) throw new OutriggerError('OR1606', 'it must be a Kubernetes object', { at: at(path) });
  const { apiVersion, kind } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new OutriggerError('OR1606', 'it must have apiVersion and kind, both text', { at: at(path) });
  }
  if (kind.endsWith('List') && Array.isArray(value.items)) {
    for (const [index, item] of value.items.entries()) {
      collectFault(found.problems, () => addObject(item, [...path, 'items', index], at, found));
    }
    return;
  }
  found.objects.push({ apiVersion, kind, object: value, at: (...field) => at([...path, ...field]) });
}

/** Of the nearest enclosing node that the file has. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range[0] ?? 0;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
