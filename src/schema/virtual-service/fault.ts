import type { Static } from 'typebox';
import { int32, message, text } from '../build.ts';
import { duration } from '../common/duration.ts';
import { percent } from '../common/percent.ts';
import { printValue } from '../problem.ts';

const grpcCodes = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

/** The number of a gRPC status, given by name or number; undefined when it is none. */
export function grpcStatusOf(value: string): number | undefined {
  const index = grpcCodes.indexOf(value);
  if (index >= 0) return index;
  return /^(?:\d|1[0-6])$/.test(value) ? Number(value) : undefined;
}

const Delay = message(
  {
    fixedDelay: duration('How long.'),
    exponentialDelay: duration('Has no effect.'),
    percentage: percent('Share of the requests; none given means all.'),
    percent: int32('Deprecated: a whole number of per cent.', { minimum: 0, maximum: 100 }),
  },
  {
    description: 'Delays requests before they are sent on.',
    choices: [{ of: ['fixedDelay', 'exponentialDelay'] }],
    check: (delay, report) => {
      if (delay.fixedDelay === undefined && delay.exponentialDelay === undefined)
        report({ severity: 'warning', code: 'OR1654', message: 'it delays nothing: give fixedDelay' });
      if (delay.percent !== undefined)
        report({
          at: ['percent'],
          severity: 'warning',
          code: 'OR1653',
          message: 'percent is deprecated: use percentage.value',
        });
      if (delay.exponentialDelay !== undefined)
        report({
          at: ['exponentialDelay'],
          severity: 'warning',
          code: 'OR1653',
          message: 'exponentialDelay has no effect: use fixedDelay',
        });
    },
  },
);

const Abort = message(
  {
    httpStatus: int32('HTTP status of the answer, 200 to 599.', { minimum: 200, maximum: 600 }),
    grpcStatus: text('gRPC status of the answer, by name.', (value, report) => {
      if (grpcStatusOf(value) === undefined)
        report({ code: 'OR1644', message: `${printValue(value)} must be a gRPC status, like UNAVAILABLE` });
    }),
    http2Error: text('Has no effect.'),
    percentage: percent('Share of the requests; none given means all.'),
  },
  {
    description: 'Answers requests with an error in place of the service.',
    choices: [{ of: ['httpStatus', 'grpcStatus', 'http2Error'] }],
    check: (abort, report) => {
      if ((abort.httpStatus ?? abort.grpcStatus ?? abort.http2Error) === undefined)
        report({ severity: 'warning', code: 'OR1654', message: 'it aborts nothing: give httpStatus or grpcStatus' });
      // Envoy refuses the whole host for it.
      if (abort.httpStatus === 600)
        report({ at: ['httpStatus'], code: 'OR1653', message: '600 must be 200 to 599', istioTakesIt: true });
      if (abort.http2Error !== undefined)
        report({
          at: ['http2Error'],
          severity: 'warning',
          code: 'OR1653',
          message: 'http2Error has no effect: use httpStatus or grpcStatus',
        });
    },
  },
);

export const Fault = message(
  { delay: Delay, abort: Abort },
  {
    description: 'Faults for tests.',
    check: (fault, report) => {
      if (fault.delay === undefined && fault.abort === undefined)
        report({ code: 'OR1642', message: 'one of delay and abort must be given' });
    },
  },
);

export type Fault = Static<typeof Fault>;
