import { type Document, isMap, LineCounter } from 'yaml';
import { OutriggerError } from '../errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { parseYaml } from './kubernetes-yaml.ts';
import { splitJson } from './split-json.ts';

/** One document of a stream of Kubernetes objects, as text, as nodes (comments, order) and as data. */
export interface ManifestDocument {
  readonly source: string;
  readonly format: 'yaml' | 'json';
  /** Undefined for JSON. */
  readonly node: Document | undefined;
  readonly object: JsonObject;
  /** `file:line` of its beginning. */
  readonly at: string;
}

/** Characters. Reading YAML takes some 100 ms a megabyte. */
const defaultYamlLimit = 16 * 1024 * 1024;

/**
 * Kubernetes objects from YAML (several documents) or JSON (one, or several one after another). Documents
 * without content are left out.
 *
 * @throws OutriggerError OR1209 naming file, line and column; OR1213
 */
export function readDocuments(text: string, file: string, yamlLimit = defaultYamlLimit): ManifestDocument[] {
  const json = readJson(text, file);
  if (json !== undefined) return json;
  if (text.length > yamlLimit) {
    const detail = `it is longer than ${yamlLimit / 1024} KiB, the most that is read as YAML; JSON may be longer`;
    throw new OutriggerError('OR1213', detail, { at: file });
  }
  const lines = new LineCounter();
  const documents = parseDocuments(text, file, lines);
  let begin = 0;
  return documents.flatMap((node) => {
    const start = lines.linePos(node.range[0]).line;
    const problem = node.errors[0];
    if (problem !== undefined) {
      const { line, col } = lines.linePos(problem.pos[0]);
      throw new OutriggerError('OR1209', firstLine(problem.message), { at: `${file}:${line}:${col}` });
    }
    const object = toObject(node, `${file}:${start}`);
    if (object === undefined) return [];
    // Comments before a document, and documents of nothing but comments, go with the next one.
    const source = text.slice(begin, node.range[2]);
    begin = node.range[2];
    return [{ source, format: 'yaml', node, object, at: `${file}:${start}` }];
  });
}

function readJson(text: string, file: string): ManifestDocument[] | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  const whole = parseJson(text);
  if (whole !== undefined) return [jsonDocument(whole, text, `${file}:1`)];
  const parts = splitJson(text);
  if (parts === undefined) return undefined;
  const documents: ManifestDocument[] = [];
  let line = 1;
  let end = 0;
  for (const part of parts) {
    const begin = text.indexOf(part, end);
    line += countLines(text.slice(end, begin));
    const value = parseJson(part);
    // Flow style YAML begins with a brace, too.
    if (value === undefined) return undefined;
    documents.push(jsonDocument(value, `${part}\n`, `${file}:${line}`));
    line += countLines(part);
    end = begin + part.length;
  }
  return documents;
}

function parseJson(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function jsonDocument(value: JsonObject, source: string, at: string): ManifestDocument {
  return { source, format: 'json', node: undefined, object: checkKind(value, at), at };
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

function parseDocuments(text: string, file: string, lines: LineCounter): readonly Document.Parsed[] {
  try {
    return parseYaml(text, lines);
  } catch (cause) {
    // The parser recurses: a file of nothing but brackets overflows its stack.
    if (cause instanceof RangeError) throw new OutriggerError('OR1209', 'it is nested too deep', { at: file, cause });
    throw cause;
  }
}

function toObject(node: Document, at: string): JsonObject | undefined {
  let value: unknown;
  try {
    value = node.toJS({ maxAliasCount: 100 });
    // An alias within its own anchor makes a loop, which JSON cannot hold.
    JSON.stringify(value);
  } catch (cause) {
    throw new OutriggerError('OR1209', cause instanceof Error ? firstLine(cause.message) : 'it cannot be read', {
      at,
      cause,
    });
  }
  if (value === null || value === undefined) return undefined;
  if (!isObject(value) || !isMap(node.contents))
    throw new OutriggerError('OR1209', 'it is no Kubernetes object, which is a mapping', { at });
  return checkKind(value, at);
}

function checkKind(value: JsonObject, at: string): JsonObject {
  if (typeof value['kind'] === 'string' && value['kind'] !== '') return value;
  throw new OutriggerError('OR1209', 'it has no kind; a Kubernetes object has apiVersion, kind and metadata', { at });
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
