import { admitProxy } from '../../discovery/admit-proxy.ts';
import type { Questions } from '../../observe/questions.ts';
import { readAnswer } from '../../observe/read-answer.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import type { TapStreams } from '../../wire/access-log-service.ts';
import { questionEveryMs, questionLog, questionTag } from '../../xds/translate/question.ts';

export interface QuestionStreamsOptions {
  readonly questions: Questions;
  readonly snapshot: () => Snapshot;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** For all other streams of access logs. */
  readonly others: TapStreams;
}

/** Which endpoints proxies do without, from those that are asked. Each can tell of itself alone, by its token, and is read no faster than it is asked. */
export function questionStreams({ questions, snapshot, now, others }: QuestionStreamsOptions): TapStreams {
  return {
    isOpen: (id) => (id === questionLog ? snapshot().asked.size > 0 : others.isOpen(id)),
    begin: (id, peer, nodeId) => {
      if (id !== questionLog) return others.begin(id, peer, nodeId);
      const claims = { id: nodeId, cluster: '', metadata: {}, userAgent: '', envoyVersion: '', delta: true };
      const { id: proxy } = admitProxy(snapshot(), peer, claims);
      // It may be that another replica knows already, and this one not yet.
      if (!questions.isAsked(proxy)) return undefined;
      let end: () => void = () => undefined;
      return {
        take: (entries) => {
          const answer = readAnswer(entries.at(-1)?.tags[questionTag] ?? '');
          if (answer !== undefined) questions.take({ proxy, at: now(), ...answer });
          return questionEveryMs / 4;
        },
        onEnd: (listener) => {
          end = questions.onEnd(proxy, listener);
        },
        close: () => end(),
      };
    },
  };
}
