import type { Verdict } from '../simulator/call.ts';

/** Verdicts in the words of `expectation.ts`. */
export function told(verdicts: readonly Verdict[]): readonly string[] {
  return [...new Set(verdicts.flatMap(wordsOf))].sort();
}

function wordsOf(verdict: Verdict): string[] {
  if (verdict.kind === 'closed') return ['closed'];
  if (verdict.kind === 'answered')
    return [`${verdict.status}${verdict.location === undefined ? '' : ` ${verdict.location}`}`];
  const { endpoints, request } = verdict;
  const share = verdict.share === 1 ? '' : `${Math.round(verdict.share * 100)}% `;
  const set = request === 'bytes' ? '' : (request.headers.find(([name]) => name === 'x-c')?.[1] ?? '');
  const to = request === 'bytes' ? '' : ` ${request.path} ${set}`;
  return endpoints.map(({ address, tls }) => `${share}${address}${tls?.certificate === true ? ' mutual' : ''}${to}`);
}
