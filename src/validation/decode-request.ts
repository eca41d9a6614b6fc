import { decodeEnvelope } from '../inject/admission.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';

/** What of an AdmissionReview decides on a resource. */
export interface ValidationRequest {
  /** Of the review: the answer is given in the same one. */
  readonly apiVersion: string;
  readonly uid: string;
  readonly namespace: string;
  readonly operation: string;
  readonly subResource: string;
  readonly object: JsonObject | undefined;
  /** Undefined for what was not there before. */
  readonly before: JsonObject | undefined;
}

/** Throws OR1103, OR1104, OR1105. `body` is not empty. */
export function decodeValidation(body: string): ValidationRequest {
  const { apiVersion, uid, request } = decodeEnvelope(body);
  const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');
  return {
    ...{ apiVersion, uid, namespace: text(request.namespace) },
    operation: text(request.operation),
    subResource: text(request.subResource),
    object: isObject(request.object) ? request.object : undefined,
    before: isObject(request.oldObject) ? request.oldObject : undefined,
  };
}
