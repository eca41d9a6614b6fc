import { choice, message, text } from '../build.ts';
import { parseDuration } from '../common/duration.ts';
import { WorkloadSelector } from '../common/label.ts';
import { printValue } from '../problem.ts';

/** A day: what is needed for longer is no emergency. Milliseconds. */
export const longestTtlMs = 86_400_000;

export const emergencyLevels = ['authz', 'plaintext', 'bypass', 'inject'] as const;

/**
 * Protection that is taken away for a while. It ends by itself, `ttl` after the API server has made the object, whether
 * anybody is there to end it or not.
 */
export const EmergencySpec = message(
  {
    selector: WorkloadSelector,
    reason: text('Why, for those who read of it later.'),
    by: text('Who asked for it, as the API server knows them.'),
  },
  {
    description:
      'Protection that is taken away for a while: of a namespace, of pods of it, or, in a root namespace, of the mesh.',
    needs: {
      level: choice(
        [...emergencyLevels],
        'What is taken away. authz: policies only log. plaintext: mutual TLS is no longer required. bypass: bytes pass through the proxies untouched. inject: new pods get no proxy.',
      ),
      ttl: text('For how long, from the time that it was made: at most 24h, like 15m.', (value, report) => {
        const ms = parseDuration(value);
        if (typeof ms !== 'number' || ms <= 0 || ms > longestTtlMs)
          report({ code: 'OR1657', message: `${printValue(value)} must be a duration of at most 24h, like 15m` });
      }),
    },
  },
);
