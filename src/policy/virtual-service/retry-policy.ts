import type { RetryIR } from '../../ir/types/route.ts';
import type { RetrySetting } from '../../model/mesh-settings.ts';
import { rememberedBy } from '../../model/remembered.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { Retries } from '../../schema/virtual-service/retries.ts';

const defaultConditions = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes';

/** What the mesh does where nobody said anything. Undefined turns retries off. */
export const defaultRetryOf = rememberedBy((setting: RetrySetting): RetryIR | undefined => retryOf(setting));

/** Undefined turns retries off. */
export function retryOf(retries: Retries): RetryIR | undefined {
  const attempts = retries.attempts ?? 0;
  if (attempts <= 0) return undefined;
  const words = (retries.retryOn ?? '').split(',').flatMap((word) => word.trim() || []);
  const statusCodes = words.filter((word) => /^\d+$/.test(word)).map(Number);
  const conditions = words.filter((word) => !/^\d+$/.test(word));
  if (statusCodes.length > 0 && !conditions.includes('retriable-status-codes'))
    conditions.push('retriable-status-codes');
  const perTry = parseDuration(retries.perTryTimeout ?? '0s') ?? 0;
  const backoff = parseDuration(retries.backoff ?? '0s') ?? 0;
  return {
    attempts,
    on: words.length === 0 ? defaultConditions : conditions.join(','),
    statusCodes,
    ...(perTry > 0 ? { perTryTimeoutMs: perTry } : {}),
    ...(backoff > 0 ? { backoffMs: backoff } : {}),
    otherHost: retries.retryIgnorePreviousHosts ?? true,
    otherLocality: retries.retryRemoteLocalities ?? false,
  };
}
