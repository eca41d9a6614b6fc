import type { MeshView } from '../../dashboard/mesh-view.ts';
import { Questions } from '../../observe/questions.ts';
import { Taps } from '../../observe/taps.ts';
import type { Registry } from '../../registry/registry.ts';
import type { TapStreams } from '../../wire/access-log-service.ts';
import { wireClock } from '../../wire/clock.ts';
import type { PeerMethod } from '../../wire/peers/peer-service.ts';
import { peerDeliveries } from './peer-deliveries.ts';
import { peerEndpoints } from './peer-endpoints.ts';
import { peerTaps } from './peer-taps.ts';
import { questionStreams } from './question-streams.ts';
import { tapStreams } from './tap-streams.ts';

/** Each is a logger in listeners, and a stream of each of their proxies. */
const mostTaps = 16;
/** Each is a socket in a proxy, and a stream of it. */
const mostQuestions = 100;

/** What people look at just now that proxies tell only then: requests, and which endpoints they do without. */
export class Looking {
  readonly taps: Taps;
  readonly questions: Questions;
  /** Where proxies tell it. */
  readonly streams: TapStreams;

  constructor(registry: Registry) {
    const snapshot = () => registry.snapshot;
    this.taps = new Taps({ ...wireClock, most: mostTaps, onChange: (taps) => registry.learnTaps(taps) });
    this.questions = new Questions({ most: mostQuestions, onChange: (asked) => registry.learnAsked(asked) });
    const others = tapStreams(this.taps, snapshot);
    this.streams = questionStreams({ questions: this.questions, snapshot, now: wireClock.now, others });
  }

  /** What other replicas may ask. */
  peers(mesh: MeshView, isPeer: PeerMethod['isPeer']): readonly PeerMethod[] {
    return [
      peerTaps({ taps: this.taps, mesh }, isPeer),
      peerDeliveries(mesh, isPeer),
      peerEndpoints(this.questions, isPeer),
    ];
  }
}
