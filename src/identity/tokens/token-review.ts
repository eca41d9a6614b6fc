import { createHash } from 'node:crypto';
import { asOutriggerError, OutriggerError } from '../../errors.ts';
import { Lru } from '../../model/lru.ts';
import { expiryOf, parseToken } from './jwt.ts';
import { checkTokenForm, parseServiceAccount, type TokenPeer, tokenAudience } from './token-peer.ts';

/** `status` of a TokenReview. */
export interface ReviewedToken {
  readonly authenticated: boolean;
  readonly user: string;
  readonly audiences: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  /** Why it was refused; '' when the API server says nothing. */
  readonly error: string;
}

/** Asks the API server. Rejects when it does not answer: that says nothing of the token. */
export type ReviewToken = (token: string, signal: AbortSignal) => Promise<ReviewedToken>;

export interface TokenReviewOptions {
  readonly review: ReviewToken;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly audience?: string;
  readonly timeoutMs?: number;
  /** Tokens remembered, of both kinds. */
  readonly capacity?: number;
}

interface Remembered {
  readonly outcome: TokenPeer | OutriggerError;
  readonly reviewedAt: number;
}

/** A pod that is gone has no use of its token for longer. While the API is away its word counts up to the token's end. */
const freshMs = 5 * 60_000;
/** A refused proxy comes again with the same token. */
const refusedMs = 10_000;

/** Proves tokens by TokenReview. A token is known by its hash alone; those who ask at the same time share one review. */
export class TokenReviewAuthenticator {
  readonly #options: TokenReviewOptions;
  readonly #audience: string;
  readonly #remembered: Lru<Remembered>;
  readonly #pending = new Map<string, Promise<TokenPeer>>();

  constructor(options: TokenReviewOptions) {
    this.#options = options;
    this.#audience = options.audience ?? tokenAudience;
    this.#remembered = new Lru(options.capacity ?? 20_000);
  }

  /** Rejects with OR2210 to OR2214, and with OR2215 when the API server does not answer: to be tried again. */
  async authenticate(token: string, signal: AbortSignal): Promise<TokenPeer> {
    checkTokenForm(token);
    const hash = createHash('sha256').update(token).digest('base64');
    const known = this.#remembered.get(hash);
    if (known !== undefined && this.#isFresh(known)) return unlessRefused(known);
    const pending = this.#pending.get(hash) ?? this.#begin(hash, token);
    return whileWanted(pending, signal);
  }

  #isFresh({ outcome, reviewedAt }: Remembered): boolean {
    const now = this.#options.now();
    if (outcome instanceof OutriggerError) return now < reviewedAt + refusedMs;
    return now < Math.min(reviewedAt + freshMs, outcome.expiresAt);
  }

  #begin(hash: string, token: string): Promise<TokenPeer> {
    const running = this.#ask(hash, token).finally(() => this.#pending.delete(hash));
    this.#pending.set(hash, running);
    return running;
  }

  async #ask(hash: string, token: string): Promise<TokenPeer> {
    const { review, now, timeoutMs = 5000 } = this.#options;
    let answer: ReviewedToken;
    try {
      const limit = AbortSignal.timeout(timeoutMs);
      answer = await whileWanted(review(token, limit), limit);
    } catch (cause) {
      return this.#whileAway(hash, cause);
    }
    let outcome: TokenPeer | OutriggerError;
    try {
      outcome = this.#judge(token, answer);
    } catch (error) {
      outcome = asOutriggerError(error);
    }
    this.#remembered.set(hash, { outcome, reviewedAt: now() });
    return unlessRefused({ outcome });
  }

  /** What was proven before still counts; what was refused before is asked again. */
  #whileAway(hash: string, cause: unknown): TokenPeer {
    const outcome = this.#remembered.get(hash)?.outcome;
    if (outcome !== undefined && !(outcome instanceof OutriggerError) && this.#options.now() < outcome.expiresAt) {
      return outcome;
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OutriggerError('OR2215', why, { cause });
  }

  #judge(token: string, answer: ReviewedToken): TokenPeer {
    if (!answer.authenticated) {
      // So Kubernetes says it, in no other field: https://github.com/kubernetes/kubernetes/blob/master/pkg/serviceaccount/jwt.go
      if (answer.error.includes('is invalid for the target audiences')) throw this.#otherAudience();
      throw new OutriggerError('OR2211', answer.error === '' ? 'the API server does not know it' : answer.error);
    }
    // An API server that knows nothing of audiences answers with none: its word is not on ours.
    if (!answer.audiences.includes(this.#audience)) throw this.#otherAudience();
    const account = parseServiceAccount(answer.user);
    const [name] = answer.extra['authentication.kubernetes.io/pod-name'] ?? [];
    const [uid] = answer.extra['authentication.kubernetes.io/pod-uid'] ?? [];
    const pod = name === undefined || uid === undefined ? undefined : { name, uid };
    const expiresAt = expiryOf(parseToken(token).claims);
    if (this.#options.now() >= expiresAt) throw new OutriggerError('OR2212', 'it has ended');
    return { ...account, pod, expiresAt };
  }

  #otherAudience(): OutriggerError {
    return new OutriggerError('OR2213', `it has to be for ${this.#audience}`);
  }
}

function unlessRefused({ outcome }: Pick<Remembered, 'outcome'>): TokenPeer {
  if (outcome instanceof OutriggerError) throw outcome;
  return outcome;
}

/** The answer, or the signal's end, whichever is first; the work itself goes on for those who still want it. */
function whileWanted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
