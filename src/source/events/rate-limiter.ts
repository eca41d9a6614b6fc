/** Milliseconds and counts. */
export interface RateLimits {
  /** The same sentence about the same owner is said again after this long, with the count of what was left out. */
  readonly repeatMs: number;
  /** Different sentences about one owner: so many at once, then one each `ownerRefillMs`. */
  readonly ownerBurst: number;
  readonly ownerRefillMs: number;
  /** All owners together: so many at once, then one each `globalRefillMs`. */
  readonly globalBurst: number;
  readonly globalRefillMs: number;
  /** Sentences and owners remembered; the oldest goes first. */
  readonly remembered: number;
}

export const defaultRateLimits: RateLimits = {
  repeatMs: 60_000,
  ownerBurst: 10,
  ownerRefillMs: 30_000,
  globalBurst: 50,
  globalRefillMs: 200,
  remembered: 2_000,
};

/** What may be said now about one (owner, sentence). */
export interface Allowed<T> {
  readonly subject: T;
  /** How often it happened since it was last said. */
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Entry<T> {
  owner: string;
  subject: T;
  count: number;
  firstMs: number;
  lastMs: number;
  nextMs: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Token buckets per owner and for all, and counts of what they held back. No clock and no I/O: every call says
 * what time it is, so the same calls give the same answers.
 */
export class RateLimiter<T> {
  readonly #limits: RateLimits;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #owners = new Map<string, Bucket>();
  readonly #global: Bucket;

  constructor(limits: RateLimits = defaultRateLimits) {
    this.#limits = limits;
    this.#global = { tokens: limits.globalBurst, atMs: 0 };
  }

  /** Something happened. The answer says whether to speak of it now; held back, it is counted. */
  offer(happened: { owner: string; sentence: string; subject: T }, nowMs: number): Allowed<T> | undefined {
    const key = `${happened.owner}\n${happened.sentence}`;
    const entry = this.#entries.get(key) ?? {
      ...happened,
      count: 0,
      firstMs: nowMs,
      lastMs: nowMs,
      nextMs: nowMs,
    };
    if (entry.count === 0) entry.firstMs = nowMs;
    entry.count++;
    entry.lastMs = nowMs;
    entry.subject = happened.subject;
    this.#entries.set(key, entry);
    forget(this.#entries, this.#limits.remembered);
    return this.#speak(entry, nowMs);
  }

  /** What was held back and may be said by now. */
  due(nowMs: number): Allowed<T>[] {
    return [...this.#entries.values()].flatMap((entry) => this.#speak(entry, nowMs) ?? []);
  }

  #speak(entry: Entry<T>, nowMs: number): Allowed<T> | undefined {
    if (entry.count === 0 || nowMs < entry.nextMs) return undefined;
    const { ownerBurst, ownerRefillMs, globalBurst, globalRefillMs, remembered, repeatMs } = this.#limits;
    const owner = this.#owners.get(entry.owner) ?? { tokens: ownerBurst, atMs: nowMs };
    this.#owners.set(entry.owner, owner);
    forget(this.#owners, remembered);
    refill(owner, { burst: ownerBurst, everyMs: ownerRefillMs, nowMs });
    refill(this.#global, { burst: globalBurst, everyMs: globalRefillMs, nowMs });
    if (owner.tokens < 1 || this.#global.tokens < 1) return undefined;
    owner.tokens--;
    this.#global.tokens--;
    const { subject, count, firstMs, lastMs } = entry;
    entry.count = 0;
    entry.nextMs = nowMs + repeatMs;
    return { subject, count, firstMs, lastMs };
  }
}

function refill(bucket: Bucket, rule: { burst: number; everyMs: number; nowMs: number }): void {
  const gained = Math.max(0, rule.nowMs - bucket.atMs) / rule.everyMs;
  bucket.tokens = Math.min(rule.burst, bucket.tokens + gained);
  bucket.atMs = Math.max(bucket.atMs, rule.nowMs);
}

function forget(map: Map<string, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}
