import type { EjectionAnswer, LeftEndpoint } from '../model/ejection-answer.ts';
import { isObject } from '../model/json.ts';

/** Of one answer; a proxy that says more is not read further. */
const [longestText, mostEndpoints, mostFlags] = [100_000, 200, 8];

const line = /^(outbound\|\d{1,5}\|[^|\s]{0,253}\|[^|\s]{1,253}) (\S{1,60}) ([a-z_/]{1,300})$/;

/**
 * `3⏎outbound|9080||cart.shop.svc.cluster.local 10.1.0.7:9080 failed_outlier_check⏎…`: whatever a proxy says. What is no such line is passed
 * over; undefined where it is no answer.
 */
export function readAnswer(text: string): Pick<EjectionAnswer, 'endpoints' | 'total'> | undefined {
  if (text.length > longestText) return undefined;
  const [first = '', ...lines] = text.split('\n', mostEndpoints + 1);
  if (!/^\d{1,7}$/.test(first)) return undefined;
  const endpoints = lines.flatMap(readLine);
  return { endpoints, total: Math.max(Number(first), endpoints.length) };
}

function readLine(text: string): LeftEndpoint[] {
  const [, cluster, address, flags] = line.exec(text) ?? [];
  if (cluster === undefined || address === undefined || flags === undefined) return [];
  return [{ cluster, address, flags: flags.split('/', mostFlags).filter((flag) => flag !== '') }];
}

/** The same as another replica tells it, which may be of another version. */
export function checkAnswer(data: unknown): Pick<EjectionAnswer, 'endpoints' | 'total'> | undefined {
  if (!isObject(data) || !Array.isArray(data['endpoints']) || !Number.isSafeInteger(data['total'])) return undefined;
  const lines = data['endpoints'].map((endpoint) => (isObject(endpoint) ? printEndpoint(endpoint) : ''));
  return readAnswer([data['total'], ...lines].join('\n'));
}

function printEndpoint({ cluster, address, flags }: Readonly<Record<string, unknown>>): string {
  return `${cluster} ${address} ${Array.isArray(flags) ? flags.join('/') : ''}`;
}
