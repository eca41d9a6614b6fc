import type { Failure } from '../model/service-graph.ts';
import { type Answer, readAnswer } from './answer.ts';
import { rate } from './signals.ts';
import type { Tally } from './tally.ts';

const most = 10;

/**
 * Is it the app or the mesh? Each side tells what it saw. What arrived, the proxy of whom was called knows best: an answer without
 * a flag is what its app said. Of what did not arrive the caller's proxy alone tells, and says why by its flags.
 */
export function failuresOf({ bySource, byDestination }: Tally, seconds: number): Failure[] {
  const told = byDestination.requests + byDestination.opened > 0;
  const called = byDestination.answers
    .entries()
    .map(([text, count]) => ({ answer: readAnswer(text), count, at: 'called' as const }));
  const caller = bySource.answers
    .entries()
    .map(([text, count]) => ({ answer: readAnswer(text), count, at: 'caller' as const }));
  return [...called, ...caller.filter(({ answer }) => !told || !isPassedOn(answer))]
    .sort((a, b) => b.count - a.count)
    .slice(0, most)
    .map(({ answer, count, at }) => ({ by: whoMade(answer, at), ...answer, perSecond: rate(count, seconds) }));
}

/** What the called side answered, as often as it was tried: that side has told of it. */
function isPassedOn({ flags }: Answer): boolean {
  return flags === '' || flags === 'URX';
}

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/advanced/substitution_formatter#response-flags */
function whoMade({ status, grpc, flags }: Answer, at: 'called' | 'caller'): Failure['by'] {
  const all = flags.split(',');
  if (all.includes('DC')) return 'client';
  if (flags !== '' && flags !== 'URX') return at;
  // Of gRPC PERMISSION_DENIED and UNAUTHENTICATED, which policies answer with status 200.
  return status === 401 || status === 403 || grpc === 7 || grpc === 16 ? 'policy or app' : 'app';
}
