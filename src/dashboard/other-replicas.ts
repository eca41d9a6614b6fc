import { isObject } from '../model/json.ts';
import type { TapLine } from '../model/tap.ts';
import type { ReplicaState } from './api-types.ts';
import type { OtherShares } from './tap-feed.ts';

/** Another replica of the control plane. */
export interface Replica {
  readonly name: string;
  readonly address: string;
}

export interface ReplicaListener {
  /** As a page is told. */
  event(event: { readonly event: string; readonly data: unknown }): void;
  /** Once, with why in words. */
  ended(why: string): void;
}

/** Asks one replica for a tap, until the answer is called. */
export type AskReplica = (
  replica: Replica,
  asked: Readonly<Record<string, unknown>>,
  listener: ReplicaListener,
) => () => void;

export interface OtherReplicasOptions {
  /** All but this one, as they are now. */
  readonly list: () => readonly Replica[];
  readonly ask: AskReplica;
  readonly after: (ms: number, run: () => void) => () => void;
  /** What the page asked for. */
  readonly asked: Readonly<Record<string, unknown>>;
  /** What is beyond the bound of the page is left out there. */
  readonly take: (lines: readonly TapLine[]) => void;
}

/** How soon one that is new, or has not answered, is asked. Milliseconds. */
const lookMs = 2000;
/** Each is a connection for each tap. */
const mostAsked = 32;

interface Asked {
  readonly close: () => void;
  /** Of its proxies, as it has counted them. */
  here: number;
  ready: number;
  leftOut: number;
  /** Why it does not tell. */
  silent: string | undefined;
  ended: boolean;
}

/** A tap at every other replica: each tells of the proxies that it serves. One that goes away is said, and asked again. */
export class OtherReplicas {
  readonly #options: OtherReplicasOptions;
  readonly #asked = new Map<string, Asked>();
  #cancel: () => void = () => undefined;
  #ended = false;

  constructor(options: OtherReplicasOptions) {
    this.#options = options;
  }

  begin(): void {
    const { list, after } = this.#options;
    const there = new Map(
      list()
        .slice(0, mostAsked)
        .map((replica) => [`${replica.name} ${replica.address}`, replica]),
    );
    for (const [key, asked] of this.#asked) if (!there.has(key)) this.#forget(key, asked);
    for (const [key, replica] of there) {
      const before = this.#asked.get(key);
      if (before === undefined || before.ended) this.#ask(key, replica, before?.silent);
    }
    if (!this.#ended) this.#cancel = after(lookMs, () => this.begin());
  }

  end(): void {
    this.#ended = true;
    this.#cancel();
    for (const [key, asked] of this.#asked) this.#forget(key, asked);
  }

  readonly shares = (): OtherShares => {
    const telling = [...this.#asked.values()].filter(({ silent }) => silent === undefined);
    const sum = (of: (asked: Asked) => number) => telling.reduce((total, asked) => total + of(asked), 0);
    return {
      here: sum(({ here }) => here),
      ready: sum(({ ready }) => ready),
      leftOut: sum(({ leftOut }) => leftOut),
      replicas: this.#state(),
    };
  };

  #state(): ReplicaState {
    const silent = [...this.#asked].flatMap(([key, asked]) =>
      asked.silent === undefined ? [] : [{ replica: key.split(' ')[0] ?? key, reason: asked.silent }],
    );
    return { asked: this.#asked.size, silent };
  }

  /** One that was silent stays so until it tells. */
  #ask(key: string, replica: Replica, silentBefore: string | undefined): void {
    const { ask, asked: question, take } = this.#options;
    const asked: Asked = {
      ...{ here: 0, ready: 0, leftOut: 0, silent: silentBefore, ended: false },
      close: ask(replica, question, {
        event: ({ event, data }) => {
          asked.silent = undefined;
          if (event === 'tap' && isObject(data))
            Object.assign(asked, { here: countOf(data['here']), ready: countOf(data['ready']) });
          if (event === 'leftOut') asked.leftOut = countOf(data);
          if (event === 'line' && isLine(data)) take([data]);
        },
        ended: (why) => {
          Object.assign(asked, { silent: why, ended: true });
        },
      }),
    };
    this.#asked.set(key, asked);
  }

  #forget(key: string, { close }: Asked): void {
    close();
    this.#asked.delete(key);
  }
}

/** A replica of another version may say what this one does not know. */
const countOf = (value: unknown): number => (Number.isSafeInteger(value) ? Math.max(0, Number(value)) : 0);

/** As far as it is looked at here: the rest is for the page. */
function isLine(data: unknown): data is TapLine {
  if (!isObject(data)) return false;
  const { side, source, destination, authority } = data;
  return typeof side === 'string' && isObject(source) && isObject(destination) && typeof authority === 'string';
}
