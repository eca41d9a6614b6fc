import { type ManifestDocument, readDocuments } from '../documents/read-documents.ts';
import { OutriggerError } from '../errors.ts';
import { listItems } from '../inject/review/workload-object.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { nearest } from '../model/nearest.ts';
import { parsePairs } from './namespace-facts.ts';

/** Admissions wait while a preview is made: none may hold them up for long. JSON of one object may be longer. */
export const textLimit = 256 * 1024;
const mostObjects = 100;
const deepestList = 10;

export type AnswerFormat = 'json' | 'yaml' | 'diff';

/** The objects of a body. @throws OutriggerError OR1102, OR1209, OR1213 */
export function readBody(body: unknown, format: AnswerFormat): ManifestDocument[] {
  if (typeof body !== 'string' || body.trim() === '') throw new OutriggerError('OR1102', 'it has no object to preview');
  if (body.length > textLimit && format !== 'json')
    throw new OutriggerError('OR1213', `it is longer than ${textLimit / 1024} KiB, and is answered as JSON alone`);
  const documents = readDocuments(body, 'body', textLimit);
  const objects = documents.reduce((sum, { object }) => sum + countObjects(object, deepestList), 0);
  if (objects > mostObjects)
    throw new OutriggerError('OR1213', `it has ${objects} objects, more than ${mostObjects}`, { at: 'body' });
  if (body.length > textLimit && (documents.length > 1 || documents.some(({ object }) => listItems(object)))) {
    const detail = `it has several objects and is longer than ${textLimit / 1024} KiB; one object as JSON may be longer`;
    throw new OutriggerError('OR1213', detail, { at: 'body' });
  }
  return documents;
}

function countObjects(object: JsonObject, depth: number): number {
  const items = listItems(object);
  if (items === undefined) return 1;
  if (depth === 0)
    throw new OutriggerError('OR1209', `Lists stand deeper than ${deepestList} in Lists`, { at: 'body' });
  return items.reduce<number>((sum, item) => sum + (isObject(item) ? countObjects(item, depth - 1) : 1), 0);
}

export interface PreviewQuery {
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly explain: boolean;
}

const keys = ['namespace', 'labels', 'annotations', 'explain'];

/** @throws OutriggerError OR1214 for an unknown or repeated key, OR1210 for a list that is none */
export function readQuery(query: unknown): PreviewQuery {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(isObject(query) ? query : {})) {
    if (!keys.includes(key)) throw new OutriggerError('OR1214', unknownKey(key));
    if (typeof value !== 'string') throw new OutriggerError('OR1214', `?${key}= is there more than once`);
    texts.set(key, value);
  }
  const pairs = (key: string) => {
    const text = texts.get(key);
    return text === undefined ? undefined : parsePairs(text, `?${key}=`);
  };
  return {
    namespace: texts.get('namespace') || undefined,
    labels: pairs('labels'),
    annotations: pairs('annotations'),
    explain: texts.has('explain'),
  };
}

function unknownKey(key: string): string {
  const near = nearest(key, keys);
  const hint = near === undefined ? `there are ${keys.join(', ')}` : `did you mean ${near}?`;
  return `there is no ?${key.slice(0, 100)}=; ${hint}`;
}
