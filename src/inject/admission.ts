import { OutriggerError } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import type { Pod } from '../model/pod.ts';
import { decodePod as checkPod } from './review/pod-decode.ts';

/**
 * The parts of an AdmissionReview that the webhook reads.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request
 */
export interface AdmissionRequest {
  /** `admission.k8s.io/v1` or `admission.k8s.io/v1beta1`: the answer is given in the same one. */
  readonly apiVersion: string;
  readonly uid: string;
  readonly namespace: string;
  readonly dryRun: boolean;
  /** True for the creation of a pod, the only request that is ever changed. */
  readonly createsPod: boolean;
  readonly object: Json | undefined;
}

const versions = new Set<Json | undefined>(['admission.k8s.io/v1', 'admission.k8s.io/v1beta1']);

/** Who is answered, and the request itself, not looked into. */
export interface ReviewEnvelope {
  readonly apiVersion: string;
  readonly uid: string;
  readonly request: JsonObject;
}

/** Throws OR1103, OR1104, OR1105. `body` is not empty. */
export function decodeEnvelope(body: string): ReviewEnvelope {
  const review = parse(body);
  if (!isObject(review) || review.kind !== 'AdmissionReview' || !versions.has(review.apiVersion)) {
    throw new OutriggerError('OR1104', `the body is ${describe(review)}`);
  }
  const request = review.request;
  if (!isObject(request)) throw new OutriggerError('OR1105', 'it must be an object', { at: 'request' });
  if (typeof request.uid !== 'string') {
    throw new OutriggerError('OR1105', 'it must be a string, it is the answer to it', { at: 'request.uid' });
  }
  return { apiVersion: String(review.apiVersion), uid: request.uid, request };
}

/** Throws OR1103, OR1104, OR1105. `body` is not empty. */
export function decodeReview(body: string): AdmissionRequest {
  const { apiVersion, uid, request } = decodeEnvelope(body);
  return {
    ...{ apiVersion, uid },
    namespace: typeof request.namespace === 'string' ? request.namespace : '',
    dryRun: request.dryRun === true,
    createsPod: createsPod(request),
    object: request.object,
  };
}

function parse(body: string): Json {
  try {
    return JSON.parse(body);
  } catch (error) {
    // The parser quotes the text it stopped at, which may be a secret: the position has to do.
    const position = error instanceof Error ? / at position \d+/.exec(error.message)?.[0] : undefined;
    throw new OutriggerError('OR1103', `it cannot be parsed${position ?? ''}`);
  }
}

function describe(review: Json): string {
  if (!isObject(review)) return 'not an object';
  const { kind, apiVersion } = review;
  return `of kind ${JSON.stringify(kind ?? null).slice(0, 64)}, apiVersion ${JSON.stringify(apiVersion ?? null).slice(0, 64)}`;
}

const operations = new Set<Json>(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']);

/**
 * The API server names kind and operation in every request. Where a hand-made review leaves the operation
 * out, it counts as CREATE: letting a pod through untouched must never be the fallback.
 */
function createsPod(request: JsonObject): boolean {
  const operation = request.operation ?? 'CREATE';
  if (!operations.has(operation))
    throw new OutriggerError('OR1105', 'it must be CREATE, UPDATE, DELETE or CONNECT', { at: 'request.operation' });
  if (operation !== 'CREATE') return false;
  if (request.subResource !== undefined && request.subResource !== '') return false;
  if (isObject(request.kind) && typeof request.kind.kind === 'string')
    return request.kind.kind === 'Pod' && (request.kind.group ?? '') === '';
  if (isObject(request.object) && typeof request.object.kind === 'string') {
    return request.object.kind === 'Pod' && request.object.apiVersion === 'v1';
  }
  throw new OutriggerError('OR1105', 'it must name group, version and kind', { at: 'request.kind' });
}

/**
 * The pod of a CREATE request, changed in nothing but a missing `metadata.namespace`: the API server sets
 * that only after admission. Throws OR1113, and OR1204 for a field that injection cannot read.
 */
export function decodePod(object: Json | undefined, namespace: string): Pod {
  if (!isObject(object)) throw new OutriggerError('OR1113', 'it must be an object', { at: 'request.object' });
  const { metadata, spec } = object;
  if (!isObject(metadata)) throw new OutriggerError('OR1113', 'it must be an object', { at: 'metadata' });
  if (!isObject(spec)) throw new OutriggerError('OR1113', 'it must be an object', { at: 'spec' });
  if (!Array.isArray(spec.containers) || spec.containers.length === 0) {
    throw new OutriggerError('OR1113', 'it must be a list of at least one container', { at: 'spec.containers' });
  }
  metadata.namespace ??= namespace;
  return checkPod(object, 'request.object');
}
