import type { Static } from 'typebox';
import { choice, flag, listOf, message, real, text, whole } from '../build.ts';
import { duration, durationOrZero } from '../common/duration.ts';
import { warnOf } from '../common/findings.ts';
import { breaksHeader, checkHeaderText } from '../common/header.ts';
import { Failover, failoverPriority, LocalityLbSetting } from '../common/locality.ts';
import { type Check, printValue } from '../problem.ts';

/** Istio takes any text, and so does Envoy but for these; `:path` and the like are headers, too. */
const checkHashed: Check<string> = (value, report) => {
  if (value === '' || breaksHeader(value))
    report({
      code: 'OR1656',
      message: `${printValue(value)} must be a name without control characters`,
      istioTakesIt: true,
    });
};

const HttpCookie = message(
  {
    path: text('Its path.', checkHeaderText),
    ttl: durationOrZero('How long it lives; it is made where absent. 0s is the session.'),
    attributes: listOf(
      message(
        { value: text('Its value.', checkHeaderText) },
        { description: 'An attribute.', needs: { name: text('Its name.', checkHashed) } },
      ),
      'Further attributes, like SameSite.',
    ),
  },
  { description: 'Hash of a cookie.', needs: { name: text('Its name.', checkHashed) } },
);

const keys = ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'];

const ConsistentHash = message(
  {
    httpHeaderName: text('Hash of a header, like x-user or :path.', checkHashed),
    httpCookie: HttpCookie,
    useSourceIp: flag('Hash of the client address.'),
    httpQueryParameterName: text('Hash of a parameter of the query.', checkHashed),
    ringHash: message({ minimumRingSize: whole('Least size of the ring.') }, { description: 'A ring.' }),
    maglev: message({ tableSize: whole('Size of the table: a prime number.') }, { description: 'A Maglev table.' }),
    minimumRingSize: whole('Deprecated: least size of the ring.'),
  },
  {
    description: 'The same client goes to the same endpoint.',
    choices: [{ of: keys }, { of: ['ringHash', 'maglev', 'minimumRingSize'] }],
    check: (hash, report) => {
      warnOf(hash, { minimumRingSize: 'minimumRingSize is deprecated: use ringHash.minimumRingSize' }, report);
      if (!keys.some((key) => Object.hasOwn(hash, key)))
        report({
          severity: 'warning',
          code: 'OR1654',
          message: `it has nothing to hash: give one of ${keys.join(', ')}`,
        });
      const size = hash.maglev?.tableSize;
      if (size !== undefined && (size >= 5_000_011 || !isPrime(size)))
        report({
          at: ['maglev', 'tableSize'],
          code: 'OR1646',
          message: `${size} must be a prime number below 5000011`,
        });
    },
  },
);

function isPrime(value: number): boolean {
  if (value < 2) return false;
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false;
  return true;
}

const Warmup = message(
  {
    minimumPercent: real('Share of its weight that it begins with.', { minimum: 0, maximum: 100 }),
    aggression: real('How fast it grows: 1 is even.', { minimum: 0 }),
  },
  { description: 'New endpoints get their share step by step.', needs: { duration: duration('How long that takes.') } },
);

export const LoadBalancer = message(
  {
    simple: choice(
      ['UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST'],
      'How an endpoint is chosen.',
    ),
    consistentHash: ConsistentHash,
    localityLbSetting: LocalityLbSetting,
    zoneAwareLbSetting: message(
      {
        enabled: flag('Whether it is on.'),
        minClusterSize: whole('Fewest endpoints for it to be on.'),
        failover: listOf(Failover, 'Which region takes over.'),
        failoverPriority,
      },
      {
        description:
          'Stay in the zone as far as every endpoint is to have the same load. New in Istio: further fields are taken as they are.',
        open: true,
      },
    ),
    warmup: Warmup,
    warmupDurationSecs: duration('Deprecated: duration of the warm-up.'),
  },
  {
    description: 'How endpoints are chosen.',
    choices: [{ of: ['simple', 'consistentHash'] }],
    check: (lb, report) => {
      const notes = { warmupDurationSecs: 'warmupDurationSecs is deprecated: use warmup.duration' };
      warnOf(lb, notes, report);
      if (lb.localityLbSetting !== undefined && lb.zoneAwareLbSetting !== undefined)
        report({
          at: ['localityLbSetting'],
          severity: 'warning',
          code: 'OR1653',
          message: 'it has no effect beside zoneAwareLbSetting',
        });
      if (lb.simple === 'LEAST_CONN')
        report({
          at: ['simple'],
          severity: 'warning',
          code: 'OR1653',
          message: 'LEAST_CONN is deprecated and means LEAST_REQUEST',
        });
    },
  },
);

export type LoadBalancer = Static<typeof LoadBalancer>;
