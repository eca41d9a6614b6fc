import type { ErrorCode } from '../errors.ts';
import type { Origin } from '../model/origin.ts';
import { type FindingCode, type FindingEntry, type FindingSeverity, findingCatalogue } from './finding-catalogue.ts';

/** A request that goes wrong because of what was found. */
export interface ShownRequest {
  /** `<namespace>/<name>` of the pod that sends it. */
  readonly from: string;
  readonly method: string;
  /** `http://reviews.shop.svc.cluster.local:9080/v2` */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `ingress.shop.svc.cluster.local:443`: where it is sent to, when that is not what the URL says. */
  readonly via?: string;
  /** `503`: the status, or `reset` where the connection ends without one. */
  readonly answer: string;
  /** Of the requests like this; 1 where each goes wrong. */
  readonly share: number;
}

export interface Finding {
  /** Of the findings, or of the errors where the schema or the registry says it. */
  readonly code: FindingCode | ErrorCode;
  readonly severity: FindingSeverity;
  /** With the field, where it is one. */
  readonly origin: Origin;
  /** A sentence. */
  readonly message: string;
  readonly remedy: string;
  readonly request?: ShownRequest;
}

/** What an analyzer says; severity and remedy are those of the code. */
export interface Found {
  readonly origin: Origin;
  readonly message: string;
  readonly request?: ShownRequest | undefined;
}

/** An error only with a request that shows it. */
export function finding(code: FindingCode, { origin, message, request }: Found): Finding {
  const entry: FindingEntry = findingCatalogue[code];
  const severity = entry.severity === 'Error' && request === undefined ? 'Warning' : entry.severity;
  return { code, severity, origin, message, remedy: entry.remedy, ...(request === undefined ? {} : { request }) };
}

/** `from shop/client: GET http://reviews:9080/ (end-user: jason) -> 503` */
export function printRequest({ from, method, url, headers, via, answer, share }: ShownRequest): string {
  const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const withHeaders = given.length === 0 ? '' : ` (${given.join(', ')})`;
  const often = share >= 1 ? '' : `, ${Number((share * 100).toFixed(1))} % of the time`;
  const by = via === undefined ? '' : ` by ${via}`;
  return `from ${from}: ${method} ${url}${withHeaders}${by} -> ${answer}${often}`;
}
