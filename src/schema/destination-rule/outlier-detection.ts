import type { Static } from 'typebox';
import { flag, int32, listOf, message, whole } from '../build.ts';
import { duration } from '../common/duration.ts';
import { warnOf } from '../common/findings.ts';

const percent = (description: string) => int32(description, { minimum: 0, maximum: 100 });

export const OutlierDetection = message(
  {
    consecutive5xxErrors: whole('Errors (5xx) in a row that eject; 0 turns it off.'),
    consecutiveGatewayErrors: whole('Gateway errors (502, 503, 504) in a row that eject; 0 turns it off.'),
    consecutiveLocalOriginFailures: whole('Failures to connect in a row that eject.'),
    consecutiveErrors: int32('Deprecated: gateway errors in a row that eject.', { minimum: 0 }),
    splitExternalLocalOriginErrors: flag('Count failures to connect on their own.'),
    interval: duration('Time between two looks.'),
    baseEjectionTime: duration('How long the first ejection lasts; each further one lasts longer.'),
    maxEjectionPercent: percent('Most endpoints that are ejected at a time, in per cent.'),
    minHealthPercent: percent('Below this share of healthy endpoints all are used.'),
    outlierDetectionHttpErrorCodes: listOf(
      int32('A status.', { minimum: 100, maximum: 599 }),
      'HTTP statuses that count as errors.',
    ),
  },
  {
    description: 'Endpoints that fail are left out for a while.',
    check: (outlier, report) => {
      const note =
        'consecutiveErrors is deprecated and counts gateway errors: use consecutiveGatewayErrors or consecutive5xxErrors';
      warnOf(outlier, { consecutiveErrors: note }, report);
      if ((outlier.consecutiveLocalOriginFailures ?? 0) > 0 && outlier.splitExternalLocalOriginErrors !== true)
        report({
          at: ['consecutiveLocalOriginFailures'],
          code: 'OR1655',
          message: 'it needs splitExternalLocalOriginErrors: true',
        });
    },
  },
);

export type OutlierDetection = Static<typeof OutlierDetection>;
