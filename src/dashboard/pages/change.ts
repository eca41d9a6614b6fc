import { isDeepStrictEqual } from 'node:util';
import { createTwoFilesPatch } from 'diff';
import { findingsIfWritten } from '../../analysis/admission-doubts.ts';
import { readDocuments } from '../../documents/read-documents.ts';
import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { unimplementedIn } from '../../policy/unimplemented.ts';
import type { KindDefinition } from '../../schema/kind.ts';
import { kindOf } from '../../schema/kinds.ts';
import type { Problem } from '../../schema/problem.ts';
import { validate } from '../../schema/validate.ts';
import type { KubeConnection } from '../../source/kubernetes/connection.ts';
import type { ChangeAnswer } from '../api-types.ts';
import { asWritten, type ConfigPlace, printYaml, versionOf } from './config.ts';
import { shown } from './findings.ts';
import type { World } from './world.ts';

export interface Change {
  readonly object: JsonObject;
  readonly definition: KindDefinition;
  readonly place: ConfigPlace;
}

/**
 * Characters. Proxies and admissions wait while YAML is read and printed, and everybody who may look may ask for a difference: the
 * worst of so many takes about a second.
 */
const mostText = 128 * 1024;

/** One resource of the mesh with a name and a namespace. Throws OR4036, OR4043. */
export function readChange(text: string): Change {
  if (text.length > mostText)
    throw new OutriggerError('OR4043', `it has ${text.length} characters, more than ${mostText}`);
  const documents = asChange(() => readDocuments(text, 'body'));
  const [{ object } = { object: {} as JsonObject }] = documents;
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const definition = kindOf(String(object['apiVersion']), String(object['kind']));
  if (documents.length !== 1 || definition === undefined)
    throw new OutriggerError('OR4036', 'the body is not one resource of the mesh');
  const { name, namespace = definition.scope === 'Cluster' ? '' : undefined } = metadata;
  if (typeof name !== 'string' || typeof namespace !== 'string')
    throw new OutriggerError('OR4036', 'metadata.name and metadata.namespace are needed');
  return { object, definition, place: { kind: definition.kind, namespace, name } };
}

function asChange<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new OutriggerError('OR4036', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What would change, and what is found in it as if it were written. */
export function previewChange(world: World, { object, place }: Change): ChangeAnswer {
  const { kind, namespace, name } = place;
  const before = world.objects().find((one) => one.kind === kind && one.namespace === namespace && one.name === name);
  const [old, next] = [before === undefined ? '' : printYaml(before.object), printYaml(object)];
  const file = `${kind}/${namespace}/${name}`;
  const { value, problems } = validate(object);
  const facts = { snapshot: world.mesh.snapshot(), settings: world.settings() };
  const doubts = value === undefined ? [] : findingsIfWritten(object, namespace, facts).map(shown);
  const without = value === undefined ? [] : unimplementedIn({ kind: value.kind, spec: value.spec });
  return {
    yaml: next,
    diff: old === next ? '' : patchOf(file, old, next),
    findings: [...metadataFindings(before?.object, object), ...[...problems, ...without].map(asFinding), ...doubts],
    applied: false,
  };
}

/** Only the spec is written: whoever changes a label or an annotation there is told, and nothing is written. */
function metadataFindings(before: JsonObject | undefined, next: JsonObject): ChangeAnswer['findings'] {
  if (before === undefined || isDeepStrictEqual(asWritten(before)['metadata'], asWritten(next)['metadata'])) return [];
  const message = 'labels and annotations are not changed from here, use kubectl';
  return [asFinding({ severity: 'error', code: 'OR4039', path: 'metadata', value: undefined, message })];
}

/** More edits than this are not worth the time of everybody: the difference is quadratic. */
const mostEdits = 2_000;

function patchOf(file: string, old: string, next: string): string {
  const patch = createTwoFilesPatch(file, file, old, next, 'now', 'then', { maxEditLength: mostEdits, timeout: 200 });
  return patch ?? `--- ${file}\n+++ ${file}\n@@ too much differs to be shown @@\n`;
}

function asFinding({ severity, code, message, path }: Problem): ChangeAnswer['findings'][number] {
  const { remedy } = new OutriggerError(code, message);
  return {
    code,
    severity: severity === 'error' ? 'Error' : 'Warning',
    message: `${path}: ${message}`,
    remedy,
  };
}

/**
 * Writes the spec, in the name of whoever asks: nothing else of the object, since only a part of it is known here, and only while it
 * is what they have read. Throws OR4033, OR4037, OR4039, OR4042; OR1630 when the API server does not answer.
 */
export async function applyChange(
  connection: KubeConnection,
  { object, definition, place }: Change,
  readVersion: string,
): Promise<void> {
  const { group, plural } = definition;
  const version = String(object['apiVersion']).split('/').at(-1) ?? '';
  const where = place.namespace === '' ? '' : `/namespaces/${encodeURIComponent(place.namespace)}`;
  const path = `/apis/${group}/${version}${where}/${plural}/${encodeURIComponent(place.name)}`;
  const live = await connection.json({ method: 'GET', path });
  refuse(live.status, live.body, `get ${plural}`, place);
  const metadata = isObject(live.body) && isObject(live.body.metadata) ? live.body.metadata : {};
  if (!isObject(live.body) || versionOf(live.body) !== readVersion)
    throw new OutriggerError('OR4042', `${place.kind} ${place.namespace}/${place.name} is not what was read any more`);
  const body = [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion ?? '' },
    { op: 'add', path: '/spec', value: object['spec'] ?? {} },
  ];
  const call = { method: 'PATCH', path, body, contentType: 'application/json-patch+json' } as const;
  const answer = await connection.json({ ...call, query: { fieldManager: 'outrigger-dashboard' } });
  refuse(answer.status, answer.body, `patch ${plural}`, place);
}

function refuse(status: number, body: unknown, what: string, { namespace, name }: ConfigPlace): void {
  if (status < 300) return;
  const said =
    isObject(body) && typeof body['message'] === 'string' ? body['message'] : `the API server answers ${status}`;
  if (status === 401 || status === 403) throw new OutriggerError('OR4033', `${what} of ${namespace}: ${said}`);
  // Somebody was faster than the two requests.
  if (status === 409) throw new OutriggerError('OR4042', `${namespace}/${name}: ${said}`);
  if (status === 404) throw new OutriggerError('OR4037', `${namespace}/${name}: ${said}`);
  throw new OutriggerError('OR4039', said);
}
