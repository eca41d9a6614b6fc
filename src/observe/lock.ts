import type { MutualTls } from '../model/service-graph.ts';
import type { Tick } from './history.ts';
import type { Tally } from './tally.ts';

/**
 * How the newest calls came: of the newest tick that has any, so that a change shows in the tick after it. What the destination saw
 * counts, and what a caller says to have sent without a certificate.
 */
export function lockOf(tally: Tally, others: readonly string[], ticks: readonly Tick[]): MutualTls {
  return {
    // What no tick tells need not be looked for in each.
    share: others.length > 0 || isKnown(tally) ? newestShare(tally.key, others, ticks) : null,
    sourcePrincipals: [...tally.sourcePrincipals].sort(),
    destinationPrincipals: [...tally.destinationPrincipals].sort(),
  };
}

/** `tally` is of all ticks. */
function isKnown({ bySource, byDestination }: Tally): boolean {
  return byDestination.mutual + byDestination.plain + bySource.plain > 0;
}

function newestShare(key: string, others: readonly string[], ticks: readonly Tick[]): number | null {
  for (let at = ticks.length - 1; at >= 0; at -= 1) {
    const tallies = ticks[at]?.tallies;
    const own = tallies?.get(key);
    let mutual = own?.byDestination.mutual ?? 0;
    let plain = (own?.byDestination.plain ?? 0) + (own?.bySource.plain ?? 0);
    for (const other of others) {
      mutual += tallies?.get(other)?.byDestination.mutual ?? 0;
      plain += tallies?.get(other)?.byDestination.plain ?? 0;
    }
    if (mutual + plain > 0) return mutual / (mutual + plain);
  }
  return null;
}
