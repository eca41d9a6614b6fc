import { OutriggerError } from '../../errors.ts';
import { isObject, type Json } from '../../model/json.ts';
import type { KubeConnection } from './connection.ts';

/** The shape of `ReviewedToken` of the layer identity. */
export interface TokenReviewStatus {
  readonly authenticated: boolean;
  readonly user: string;
  readonly audiences: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  readonly error: string;
}

const path = '/apis/authentication.k8s.io/v1/tokenreviews';

/**
 * Asks the API server about a token, for these audiences. Needs the right to create `tokenreviews` of
 * `authentication.k8s.io`. Rejects with OR1630 (no answer) or OR1632 (refused). The token is nowhere but in the body.
 */
export function tokenReviews(connection: KubeConnection, audiences: readonly string[]) {
  return async (token: string, signal: AbortSignal): Promise<TokenReviewStatus> => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } };
    const answer = await connection.json({ method: 'POST', path, body, signal });
    if (answer.status === 401) connection.reload();
    if (answer.status >= 300) throw new OutriggerError('OR1632', `POST ${path} answered ${answer.status}`);
    return readStatus(answer.body);
  };
}

function readStatus(review: Json): TokenReviewStatus {
  const status = isObject(review) && isObject(review['status']) ? review['status'] : {};
  const user = isObject(status['user']) ? status['user'] : {};
  const extra = isObject(user['extra']) ? user['extra'] : {};
  return {
    authenticated: status['authenticated'] === true,
    user: typeof user['username'] === 'string' ? user['username'] : '',
    audiences: texts(status['audiences']),
    extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, texts(values)])),
    error: typeof status['error'] === 'string' ? status['error'] : '',
  };
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
