import { OutriggerError } from '../errors.ts';
import type { Tap, TapLine, TapMatch, TapSide, TapTarget } from '../model/tap.ts';

/** What somebody wants to look at. */
export interface TapRequest {
  /** The same at every replica that is asked for it: 32 hexadecimal digits that nobody can guess. */
  readonly id: string;
  readonly target: TapTarget;
  readonly sides: readonly TapSide[];
  readonly match: TapMatch;
  readonly connections: boolean;
  /** Only requests with this workload at the other end; '' is any. */
  readonly peer: { readonly namespace: string; readonly name: string };
  /** Lines a second; what is beyond is left out. */
  readonly mostPerSecond: number;
  readonly durationMs: number;
}

export interface TapListener {
  line(line: TapLine): void;
  /** Its time is over. Not told when whoever looks has ended it. */
  over(): void;
}

export interface TapsOptions {
  readonly now: () => number;
  /** Runs once; the answer cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** Taps at the same time. */
  readonly most: number;
  /** Told of all that there are, when one begins or ends. */
  readonly onChange: (taps: readonly Tap[]) => void;
}

/** What comes within one second is one second's share, so that a burst is not cut finer than the bound says. */
const windowMs = 1000;

class OpenTap {
  readonly tap: Tap;
  readonly request: TapRequest;
  readonly listener: TapListener;
  readonly ends = new Set<() => void>();
  cancel: () => void = () => undefined;
  #left: number;
  #windowEnds: number;
  /** Lines beyond the bound that came all the same. */
  leftOut = 0;

  constructor(request: TapRequest, listener: TapListener, now: number) {
    const { id, target, sides, match, connections } = request;
    this.tap = { id, target, sides, match, connections };
    this.request = request;
    this.listener = listener;
    this.#left = request.mostPerSecond;
    this.#windowEnds = now + windowMs;
  }

  /** The answer: how long nothing more need be read, because the share of this second is used up. Milliseconds. */
  take(lines: readonly TapLine[], now: number): number {
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + windowMs;
      this.#left = this.request.mostPerSecond;
    }
    for (const line of lines) {
      if (!isPeer(line, this.request.peer)) continue;
      if (this.#left > 0) {
        this.#left -= 1;
        this.listener.line(line);
      } else this.leftOut += 1;
    }
    return this.#left > 0 ? 0 : this.#windowEnds - now;
  }
}

function isPeer({ side, source, destination, authority }: TapLine, { namespace, name }: TapRequest['peer']): boolean {
  if (name === '') return true;
  const peer = side === 'calls' ? destination : source;
  if (peer.workload === name && (namespace === '' || peer.namespace === namespace)) return true;
  // Outside of the mesh nobody has a workload: then it is the host that is called.
  return side === 'calls' && authority.replace(/:\d+$/, '') === name;
}

/** The taps of this replica. Each ends by itself, when its time is over or whoever looks goes away. */
export class Taps {
  readonly #options: TapsOptions;
  readonly #open = new Map<string, OpenTap>();

  constructor(options: TapsOptions) {
    this.#options = options;
  }

  /** Throws OR4035 when there are too many, or one of this id. */
  open(request: TapRequest, listener: TapListener): { readonly leftOut: () => number; readonly end: () => void } {
    const { now, after, most } = this.#options;
    if (this.#open.size >= most) throw new OutriggerError('OR4035', `${this.#open.size} taps are open`);
    if (this.#open.has(request.id)) throw new OutriggerError('OR4035', 'a tap of this id is open');
    const opened = new OpenTap(request, listener, now());
    this.#open.set(request.id, opened);
    opened.cancel = after(request.durationMs, () => {
      this.#end(opened);
      listener.over();
    });
    this.#tell();
    return { leftOut: () => opened.leftOut, end: () => this.#end(opened) };
  }

  find(id: string): Tap | undefined {
    return this.#open.get(id)?.tap;
  }

  /** Milliseconds for which a proxy need not be read. */
  take(id: string, lines: readonly TapLine[]): number {
    return this.#open.get(id)?.take(lines, this.#options.now()) ?? 0;
  }

  /** Told when it is over; at once where it is over already. The answer ends that. */
  onEnd(id: string, listener: () => void): () => void {
    const opened = this.#open.get(id);
    if (opened === undefined) {
      listener();
      return () => undefined;
    }
    opened.ends.add(listener);
    return () => opened.ends.delete(listener);
  }

  #end(opened: OpenTap): void {
    if (!this.#open.delete(opened.tap.id)) return;
    opened.cancel();
    this.#tell();
    for (const end of [...opened.ends]) end();
  }

  #tell(): void {
    this.#options.onChange([...this.#open.values()].map(({ tap }) => tap));
  }
}
