import { noOthers, TapFeed, type TapFeedParts } from '../../dashboard/tap-feed.ts';
import { readTap } from '../../dashboard/tap-query.ts';
import { type PeerMethod, peerTapMethod } from '../../wire/peers/peer-service.ts';

/** What a replica tells another one: a tap of its own proxies, within the same bounds as for a page. */
export function peerTaps(parts: Pick<TapFeedParts, 'taps' | 'mesh'>, isPeer: PeerMethod['isPeer']): PeerMethod {
  return {
    path: peerTapMethod,
    isPeer,
    open: (asked, output) => {
      const feed = new TapFeed({ ...parts, others: noOthers }, readTap(asked));
      feed.begin(output);
      return () => feed.end();
    },
  };
}
