import type { Static } from 'typebox';
import { nearest } from '../../model/nearest.ts';
import { flag, int32, message, text } from '../build.ts';
import { duration, durationOrZero } from '../common/duration.ts';
import { type Check, listWords, printValue } from '../problem.ts';

/** Envoy's words for what may be tried again. */
export const retryConditions = [
  ...['5xx', 'gateway-error', 'reset', 'reset-before-request', 'connect-failure', 'envoy-ratelimited', 'retriable-4xx'],
  ...['refused-stream', 'retriable-status-codes', 'retriable-headers', 'http3-post-connect-failure'],
  ...['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'],
];

/** Envoy ignores a condition that it does not know, so it is an error here, as in Istio. */
const checkRetryOn: Check<string> = (value, report) => {
  const parts = value.split(',').map((word) => word.trim());
  const wrong = parts.find((part) => part !== '' && !retryConditions.includes(part) && !/^[1-5]\d\d$/.test(part));
  if (wrong === undefined) return;
  const near = nearest(wrong, retryConditions);
  const hint = near === undefined ? ', like 5xx, connect-failure or 503' : `; did you mean ${near}?`;
  report({ code: 'OR1644', message: `${printValue(wrong)} must be a condition of retries or an HTTP status${hint}` });
};

export const Retries = message(
  {
    attempts: int32('How many times at most; 0 turns retries off.', { minimum: 0 }),
    perTryTimeout: durationOrZero('How long one attempt may take.'),
    retryOn: text('When, as a list with commas; HTTP statuses may be among them.', checkRetryOn),
    retryRemoteLocalities: flag('Retry in other localities, too.'),
    retryIgnorePreviousHosts: flag('Choose endpoints that were not tried yet.'),
    backoff: duration('Shortest wait between attempts.'),
  },
  {
    description: 'How failed requests are tried again.',
    check: (retries, report) => {
      const { attempts = 0, ...others } = retries;
      const idle = (['perTryTimeout', 'retryOn', 'retryRemoteLocalities'] as const).filter((name) => name in others);
      if (attempts === 0 && idle.length > 0) {
        const message = `without attempts there are no retries, and ${listWords(idle, 'and')} may not be given`;
        report({ at: ['attempts'], code: 'OR1655', message });
      }
    },
  },
);

export type Retries = Static<typeof Retries>;
