import type { ErrorCode } from '../errors.ts';

export type Severity = 'error' | 'warning';

/** One finding of the validation of a resource. An error keeps the resource out of use, a warning does not. */
export interface Problem {
  readonly severity: Severity;
  readonly code: ErrorCode;
  /** `spec.http[0].route[1].weight` */
  readonly path: string;
  /** What was found there; undefined when the field is absent. */
  readonly value: unknown;
  /** A sentence that says what would be right. */
  readonly message: string;
  /** Of an error: Istio's API takes it, and Envoy would not. It is let into the cluster and kept away from proxies. */
  readonly istioTakesIt?: true;
}

export type Segment = string | number;

/** A finding of a check, with its place relative to the value that is checked. */
export interface Finding {
  readonly at?: readonly Segment[];
  readonly severity?: Severity;
  readonly code: ErrorCode;
  readonly message: string;
  readonly istioTakesIt?: true;
}

export type Report = (finding: Finding) => void;

/** A rule on one value that has already the type of its schema. */
export type Check<T> = (value: T, report: Report) => void;

export function printPath(segments: readonly Segment[]): string {
  return segments.reduce<string>((text, segment) => {
    if (typeof segment === 'number') return `${text}[${segment}]`;
    if (!/^[A-Za-z_$][\w$]*$/.test(segment)) return `${text}[${JSON.stringify(segment.slice(0, 253))}]`;
    return text === '' ? segment : `${text}.${segment}`;
  }, '');
}

/** Short, and safe for whatever it is given. */
export function printValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  return Array.isArray(value) ? 'a list' : `a ${typeof value === 'object' ? 'map' : typeof value}`;
}

/** `a, b or c` */
export function listWords(words: readonly string[], last = 'or'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}
