import { OutriggerError } from '../../errors.ts';
import type { Questions } from '../../observe/questions.ts';
import { type PeerMethod, peerEndpointsMethod } from '../../wire/peers/peer-service.ts';

/** What a replica tells another one: which endpoints a proxy does without, as it answers, be it that this one serves it or that it came here. */
export function peerEndpoints(questions: Questions, isPeer: PeerMethod['isPeer']): PeerMethod {
  return {
    path: peerEndpointsMethod,
    isPeer,
    open: ({ proxy }, output) => {
      if (typeof proxy !== 'string' || proxy.length > 600) throw new OutriggerError('OR2003', 'it names no proxy');
      return questions.open(proxy, (answer) => output.send('answer', JSON.stringify(answer)));
    },
  };
}
