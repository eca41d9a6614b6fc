import type { OutriggerError } from '../errors.ts';

/**
 * AdmissionReview answers, written by hand: the patch is most of the text and base64 needs no escaping, so
 * nothing large goes through JSON.stringify. Field order is fixed, and all of the text is ASCII.
 */
export interface Allowed {
  /** RFC 6902 in base64; '' leaves the object as it is. */
  readonly patchBase64: string;
  /** Already clean, see admission-warnings.ts. */
  readonly warnings: readonly string[];
  /** For the API server's audit log; '' adds nothing. */
  readonly reason: string;
}

export interface Addressee {
  readonly apiVersion: string;
  readonly uid: string;
}

export function encodeAllowed(to: Addressee, answer: Allowed): string {
  const patch = answer.patchBase64 === '' ? '' : `,"patchType":"JSONPatch","patch":"${answer.patchBase64}"`;
  const audit = answer.reason === '' ? '' : `,"auditAnnotations":{"decision":${asciiJson(answer.reason)}}`;
  return `${open(to)},"allowed":true${patch}${audit}${encodeWarnings(answer.warnings)}}}`;
}

/**
 * A refusal. The API server shows `status.message` to the user after "admission webhook … denied the
 * request: ", and passes code and reason on; it never shows anything else.
 */
export function encodeRefused(to: Addressee, error: OutriggerError, warnings: readonly string[]): string {
  const status = asciiJson({
    status: 'Failure',
    reason: statusReasons[error.entry.status] ?? 'Invalid',
    code: error.entry.status,
    message: refusalMessage(error),
  });
  return `${open(to)},"allowed":false,"status":${status}${encodeWarnings(warnings)}}}`;
}

/** Sentence and remedy; a value quoted in the sentence may be long, the remedy is never cut. */
function refusalMessage(error: OutriggerError): string {
  const sentence =
    error.message.length > longestSentence ? `${error.message.slice(0, longestSentence)}…` : error.message;
  return `${sentence.replace(/[.!?…]?$/, (end) => (end === '…' ? end : '.'))} ${error.remedy}`.toWellFormed();
}

const longestSentence = 2000;

function open(to: Addressee): string {
  const uid = asciiJson(to.uid);
  return `{"apiVersion":"${to.apiVersion}","kind":"AdmissionReview","response":{"uid":${uid}`;
}

function encodeWarnings(warnings: readonly string[]): string {
  return warnings.length === 0 ? '' : `,"warnings":${asciiJson(warnings)}`;
}

/** The same value, whatever else than ASCII is in it written as `\uXXXX`. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go: StatusReason. */
const statusReasons: Record<number, string> = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
  422: 'Invalid',
  500: 'InternalError',
  503: 'ServiceUnavailable',
};
