import type { MeshView } from '../../dashboard/mesh-view.ts';
import { countDeliveries } from '../../dashboard/pages/deliveries.ts';
import { type PeerMethod, peerDeliveriesMethod } from '../../wire/peers/peer-service.ts';

/** A message of them is well below the most that a peer reads. */
const inOneMessage = 500;

/** What a replica tells another one: how many of its own proxies have taken each resource. */
export function peerDeliveries(mesh: Pick<MeshView, 'report'>, isPeer: PeerMethod['isPeer']): PeerMethod {
  return {
    path: peerDeliveriesMethod,
    isPeer,
    open: (_asked, output) => {
      const entries = [...countDeliveries(mesh)].map(([key, { taken, of }]) => [key, taken, of]);
      for (let at = 0; at < entries.length; at += inOneMessage)
        output.send('deliveries', JSON.stringify(entries.slice(at, at + inOneMessage)));
      output.send('end', 'null');
      output.close();
      return () => undefined;
    },
  };
}
