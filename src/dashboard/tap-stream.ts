import type { FastifyReply } from 'fastify';
import type { TapRequest } from '../observe/taps.ts';
import { EventStream } from './event-stream.ts';
import type { OtherReplicas } from './other-replicas.ts';
import { noOthers, TapFeed, type TapFeedParts } from './tap-feed.ts';
import type { Visitor } from './visitor.ts';

export interface TapStreamParts extends Pick<TapFeedParts, 'taps' | 'mesh'> {
  readonly reply: FastifyReply;
  readonly visitor: Pick<Visitor, 'renew'>;
  /** Undefined: the proxies of this one are enough. */
  readonly others: OtherReplicas | undefined;
}

/**
 * Requests of a workload as server-sent events: `tap` for how many proxies tell, `line` for each request, `leftOut` for how many were
 * too many, `replicas` for those that were asked, too, `end`. The tap ends with the stream. Throws OR4035, OR4041.
 */
export function streamTap(
  { taps, mesh, reply, visitor, others }: TapStreamParts,
  request: TapRequest,
): EventStream | undefined {
  if (EventStream.isGone(reply)) return undefined;
  const feed = new TapFeed({ taps, mesh, others: others?.shares ?? noOthers }, request);
  const events = new EventStream(reply, visitor, () => {
    others?.end();
    feed.end();
  });
  others?.begin();
  feed.begin(events);
  return events;
}
