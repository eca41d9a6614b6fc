import { nearest } from '../../model/nearest.ts';
import { flag, int32, message, text } from '../build.ts';
import { duration, durationOrZero } from '../common/duration.ts';
import { type Check, printValue } from '../problem.ts';

const conditions = [
  ...['5xx', 'gateway-error', 'reset', 'reset-before-request', 'connect-failure', 'envoy-ratelimited', 'retriable-4xx'],
  ...['refused-stream', 'retriable-status-codes', 'retriable-headers', 'http3-post-connect-failure'],
  ...['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'],
];

/** Envoy ignores a condition that it does not know, so it is an error here, as in Istio. */
const checkRetryOn: Check<string> = (value, report) => {
  for (const part of value.split(',').map((word) => word.trim())) {
    if (part === '' || conditions.includes(part) || /^[1-5]\d\d$/.test(part)) continue;
    const near = nearest(part, conditions);
    const hint = near === undefined ? ', like 5xx, connect-failure or 503' : `; did you mean ${near}?`;
    report({ code: 'OR1644', message: `${printValue(part)} must be a condition of retries or an HTTP status${hint}` });
  }
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
      if (retries.attempts === 0 && (retries.perTryTimeout !== undefined || retries.retryOn !== undefined))
        report({
          at: ['attempts'],
          code: 'OR1655',
          message: 'attempts is 0, which turns retries off: remove the other fields or raise it',
        });
    },
  },
);
