import type { EjectionAnswer, LeftEndpoint } from '../model/ejection-answer.ts';
import type { Questions } from '../observe/questions.ts';
import { checkAnswer } from '../observe/read-answer.ts';
import type { OtherReplicasOptions, Replica } from './other-replicas.ts';

export interface EndpointLooksOptions {
  /** Of the proxies that this replica serves, and of those that answer here. */
  readonly questions: Pick<Questions, 'open'>;
  /** Whoever else serves proxies, and how it is asked. */
  readonly replicas: Pick<OtherReplicasOptions, 'list' | 'ask'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: (ms: number, run: () => void) => () => void;
}

/** An endpoint that a proxy does without, and when it was first seen so: the proxy itself does not say. */
export interface SeenEndpoint extends LeftEndpoint {
  readonly since: number;
}

interface SeenAnswer {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly endpoints: readonly SeenEndpoint[];
  readonly total: number;
}

/** What a proxy that is asked has said; `silent`: it should have by now. */
export type EndpointLook =
  | { readonly state: 'told'; readonly answer: SeenAnswer }
  | { readonly state: 'asking' | 'silent'; readonly answer?: never };

/** Proxies at once, each by every replica. */
const [mostProxies, mostReplicas] = [30, 32];
/** Pages ask every five seconds; an answer comes every two. Whoever comes back soon opens no listener anew: an old one drains for ten minutes. Milliseconds. */
const [lingerMs, holdsMs] = [60_000, 10_000];

interface Asked {
  readonly askedAt: number;
  answer: SeenAnswer | undefined;
  cancel: () => void;
  readonly endOwn: () => void;
  /** By replica, how that question is ended. */
  readonly others: Map<string, () => void>;
}

/**
 * Asks proxies which endpoints they do without, from the first look to some seconds after the last, however many look. The replica that serves
 * a proxy asks it, and its answer may come to any of them: so each is asked to ask.
 */
export class EndpointLooks {
  readonly #options: EndpointLooksOptions;
  readonly #asked = new Map<string, Asked>();

  constructor(options: EndpointLooksOptions) {
    this.#options = options;
  }

  /** At once, with what is known. Undefined: too many are asked already. */
  look(proxy: string): EndpointLook | undefined {
    const { now, after } = this.#options;
    const asked = this.#asked.get(proxy) ?? this.#open(proxy);
    if (asked === undefined) return undefined;
    asked.cancel();
    asked.cancel = after(lingerMs, () => this.#close(proxy, asked));
    this.#askOthers(proxy, asked);
    const { askedAt, answer } = asked;
    if (answer !== undefined && answer.at + holdsMs > now()) return { state: 'told', answer };
    return { state: askedAt + holdsMs > now() ? 'asking' : 'silent' };
  }

  close(): void {
    for (const [proxy, asked] of this.#asked) this.#close(proxy, asked);
  }

  #open(proxy: string): Asked | undefined {
    if (this.#asked.size >= mostProxies) return undefined;
    try {
      const asked: Asked = {
        ...{ askedAt: this.#options.now(), answer: undefined, cancel: () => undefined, others: new Map() },
        endOwn: this.#options.questions.open(proxy, (answer) => this.#take(asked, answer)),
      };
      this.#asked.set(proxy, asked);
      return asked;
    } catch {
      return undefined;
    }
  }

  #take(asked: Asked, { endpoints, total }: Pick<EjectionAnswer, 'endpoints' | 'total'>): void {
    const at = this.#options.now();
    const before = new Map(asked.answer?.endpoints.map((one) => [keyOf(one), one.since]));
    asked.answer = { at, total, endpoints: endpoints.map((one) => ({ ...one, since: before.get(keyOf(one)) ?? at })) };
  }

  /** One that is new, or ended the question, is asked with the next look. */
  #askOthers(proxy: string, asked: Asked): void {
    const { list, ask } = this.#options.replicas;
    const there = new Map(
      list()
        .slice(0, mostReplicas)
        .map((replica): [string, Replica] => [`${replica.name} ${replica.address}`, replica]),
    );
    for (const [key, end] of asked.others) {
      if (there.has(key)) continue;
      end();
      asked.others.delete(key);
    }
    for (const [key, replica] of there) {
      if (asked.others.has(key)) continue;
      const end = ask(
        replica,
        { proxy },
        {
          event: ({ event, data }) => {
            const answer = event === 'answer' ? checkAnswer(data) : undefined;
            if (answer !== undefined) this.#take(asked, answer);
          },
          ended: () => asked.others.delete(key),
        },
      );
      asked.others.set(key, end);
    }
  }

  #close(proxy: string, asked: Asked): void {
    if (!this.#asked.delete(proxy)) return;
    asked.cancel();
    asked.endOwn();
    for (const end of asked.others.values()) end();
  }
}

const keyOf = ({ cluster, address, flags }: LeftEndpoint): string => `${cluster} ${address} ${flags.join()}`;
