import { isDeepStrictEqual } from 'node:util';
import { OutriggerError } from '../errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { unimplementedIn } from '../policy/unimplemented.ts';
import { kindOf } from '../schema/kinds.ts';
import type { Problem } from '../schema/problem.ts';
import { validate } from '../schema/validate.ts';
import type { ValidationRequest } from './decode-request.ts';

/** What becomes of a resource that is written. */
export interface Judgement {
  /** Undefined lets it in. */
  readonly refusal: OutriggerError | undefined;
  /** For whoever writes it. */
  readonly warnings: readonly string[];
}

/** What is doubtful about a valid resource where it goes: with what it names and what is there already. */
export type Doubts = (object: JsonObject, namespace: string) => readonly string[];

const letIn: Judgement = { refusal: undefined, warnings: [] };

/**
 * | what is written | answer |
 * |---|---|
 * | deleted, a status, another kind | let in |
 * | an error of the schema | refused, each with its field |
 * | the same, in a spec that is what it was, or of an object that is going away | let in, with warnings |
 * | what Istio takes and Envoy does not | let in, with warnings; the registry keeps it away from proxies |
 * | a doubt, a field without effect | let in, with warnings |
 */
export function judgeResource(request: ValidationRequest, doubts: Doubts): Judgement {
  const { object, before, namespace } = request;
  if (object === undefined || !isWritten(request)) return letIn;
  if (kindOf(String(object.apiVersion), String(object.kind)) === undefined) return letIn;
  const { value, problems } = validate(named(object));
  const errors = problems.filter(({ severity }) => severity === 'error');
  const isRefused = errors.some(({ istioTakesIt }) => istioTakesIt !== true) && !isUntouched(object, before);
  const warned = isRefused ? problems.filter(({ severity }) => severity === 'warning') : problems;
  const warnings = warned.map(printWarning);
  if (isRefused) return { refusal: refusalOf(object, errors), warnings };
  if (value === undefined) return { refusal: undefined, warnings };
  const fields = unimplementedIn({ kind: value.kind, spec: value.spec }).map(printWarning);
  return { refusal: undefined, warnings: [...warnings, ...fields, ...doubts(object, namespace)] };
}

/** A name that is still to be made is none that is missing. */
function named(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (!isObject(metadata) || metadata.name !== undefined || typeof metadata.generateName !== 'string') return object;
  return { ...object, metadata: { ...metadata, name: metadata.generateName } };
}

const isWritten = ({ operation, subResource }: ValidationRequest) =>
  (operation === 'CREATE' || operation === 'UPDATE') && subResource === '';

/** A label or a finalizer of what is there must come and go, whatever is wrong with the rest. */
function isUntouched(object: JsonObject, before: JsonObject | undefined): boolean {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  if (metadata.deletionTimestamp !== undefined) return true;
  return before !== undefined && isDeepStrictEqual(object.spec, before.spec);
}

function refusalOf(object: JsonObject, errors: readonly Problem[]): OutriggerError {
  const list = errors.map(({ code, path, message }) => `${path}: ${message} (${code})`);
  return new OutriggerError('OR2550', list.join('; '), { at: String(object.kind) });
}

/** Of an error: what is so in place of the resource. */
function printWarning({ severity, code, path, message }: Problem): string {
  const kept = severity === 'error' ? ': as it is written it is not in force' : '';
  return `${code} ${path}: ${message}${kept}`;
}
