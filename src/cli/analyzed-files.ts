import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OutriggerError } from '../errors.ts';
import { isObject } from '../model/json.ts';
import type { Origin } from '../model/origin.ts';
import { itemOf } from '../source/files/file-object.ts';
import { collectFault, type FileObject, parseObjects } from '../source/files/parse-objects.ts';
import { unreadKind } from '../source/files/unread-kind.ts';
import { scopeOf } from '../source/known-kinds.ts';
import { objectKey, type SourceObject } from '../source/object-source.ts';

/** What files say, with the places of its parts. */
export interface AnalyzedFiles {
  readonly objects: readonly SourceObject[];
  /** Documents that cannot be read, and objects that nothing reads though their author counts on them. */
  readonly faults: readonly OutriggerError[];
  /** With `file:line:column` of the field, as near as the file has it. */
  placed(origin: Origin): Origin;
}

/** `-` is standard input; a folder stands for its .yaml, .yml and .json files. Throws OR1801. */
export async function readAnalyzed(
  names: readonly string[],
  options: { readonly stdin: NodeJS.ReadableStream; readonly recursive: boolean },
): Promise<AnalyzedFiles> {
  const files = (await Promise.all(names.map((name) => expand(name, options.recursive)))).flat();
  const texts: NamedText[] = [];
  for (const name of files) texts.push({ name, text: await readText(name, options.stdin) });
  return parseAnalyzed(texts);
}

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Of two objects with one name the last counts, as it does with `kubectl apply`. */
export function parseAnalyzed(texts: readonly NamedText[]): AnalyzedFiles {
  const objects = new Map<string, SourceObject>();
  const places = new Map<string, FileObject>();
  const faults: OutriggerError[] = [];
  for (const { name, text } of texts) {
    const parsed = parseObjects(text, name === '-' ? 'stdin' : name);
    faults.push(...parsed.problems);
    for (const item of parsed.objects) {
      const notice = unreadKind(item);
      if (notice !== undefined) faults.push(notice);
      collectFault(faults, () => {
        const object = scopeOf(item.apiVersion, item.kind) === undefined ? unread(item) : itemOf(item)?.object;
        if (object === undefined) return;
        objects.set(`${item.apiVersion} ${objectKey(object)}`, object);
        places.set(objectKey(object), item);
      });
    }
  }
  return {
    ...{ objects: [...objects.values()], faults },
    placed: (origin) => {
      const at = places.get(objectKey(origin))?.at(...segmentsOf(origin.field ?? ''));
      return at === undefined ? origin : { ...origin, at };
    },
  };
}

/** A kind that only analysis looks at: a PodDisruptionBudget, a NetworkPolicy. */
function unread(item: FileObject): SourceObject {
  const metadata = isObject(item.object.metadata) ? item.object.metadata : {};
  const { apiVersion, kind, object } = item;
  const place = { kind, namespace: String(metadata.namespace ?? 'default'), name: String(metadata.name ?? '') };
  return { apiVersion, ...place, object, origin: { ...place, at: item.at() } };
}

/** `spec.http[0].match["a b"]` → spec, http, 0, match, a b */
function segmentsOf(field: string): string[] {
  return [...field.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, name]) => quoted ?? index ?? name ?? '',
  );
}

async function expand(name: string, recursive: boolean): Promise<string[]> {
  if (name === '-') return [name];
  const found = await stat(name).catch(unreadable(name));
  if (!found.isDirectory()) return [name];
  const entries = await readdir(name, { recursive }).catch(unreadable(name));
  return entries
    .filter((entry) => /\.(ya?ml|json)$/.test(entry))
    .sort()
    .map((entry) => join(name, entry));
}

async function readText(name: string, stdin: NodeJS.ReadableStream): Promise<string> {
  if (name !== '-') return readFile(name, 'utf8').catch(unreadable(name));
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function unreadable(name: string): (cause: unknown) => never {
  return (cause) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new OutriggerError('OR1801', `it cannot be read (${code})`, { at: name, cause });
  };
}
