import { type Document, isMap, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import { OutriggerError } from '../errors.ts';
import type { ConfigKey } from './config-keys.ts';
import type { Given } from './config-values.ts';
import { unknownKey } from './unknown-key.ts';

interface Reading {
  readonly document: Document.Parsed;
  readonly keys: readonly ConfigKey[];
  /** `file:line:column` of an offset. */
  readonly place: (offset: number) => string;
  readonly given: Given[];
  readonly problems: OutriggerError[];
}

/**
 * The keys that a file gives, with their places. `problems` gets what is wrong: OR1001 a key that is none,
 * OR1002 a value where a section belongs, OR1003 a text that is no YAML.
 */
export function readConfigFile(
  text: string,
  file: string,
  keys: readonly ConfigKey[],
  problems: OutriggerError[],
): readonly Given[] {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent', merge: true });
  const place = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const fault = document.errors[0];
  if (fault !== undefined) {
    problems.push(new OutriggerError('OR1003', fault.message, { at: place(fault.pos[0]) }));
    return [];
  }
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return [];
  if (!isMap(contents)) {
    problems.push(new OutriggerError('OR1003', 'it must be a map of keys', { at: place(contents.range[0]) }));
    return [];
  }
  const reading: Reading = { document, keys, place, given: [], problems };
  for (const pair of contents.items) readPair(pair, '', reading);
  return reading.given;
}

function readPair(pair: Pair, prefix: string, reading: Reading): void {
  const { keys, problems } = reading;
  const name = isScalar(pair.key) ? pair.key : undefined;
  const path = `${prefix}${name === undefined ? '?' : String(name.value)}`;
  const origin = reading.place(name?.range?.[0] ?? 0);
  const key = keys.find((candidate) => candidate.path === path);
  if (key !== undefined) {
    reading.given.push({ key, value: toPlain(pair.value, reading.document), origin });
  } else if (!keys.some((candidate) => candidate.path.startsWith(`${path}.`))) {
    problems.push(unknownKey(path, keys, origin));
  } else if (isMap(pair.value)) {
    for (const child of pair.value.items) readPair(child, `${path}.`, reading);
  } else {
    problems.push(new OutriggerError('OR1002', `${path} must be a map of keys`, { at: origin }));
  }
}

function toPlain(value: unknown, document: Document.Parsed): unknown {
  const node = value as { toJS?: (document: unknown, options: object) => unknown } | null;
  return node?.toJS ? node.toJS(document, { maxAliasCount: 100 }) : null;
}
