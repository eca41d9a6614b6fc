import type { Static } from 'typebox';
import { choice, flag, listOf, message, texts } from '../build.ts';
import { durationOrZero, parseDuration } from '../common/duration.ts';
import { checkHeaderName } from '../common/header.ts';
import { stringMatch } from '../common/string-match.ts';
import { type Check, printValue } from '../problem.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE'];

const checkMethod: Check<string> = (value, report) => {
  if (value !== '*' && !methods.includes(value))
    report({ code: 'OR1644', message: `${printValue(value)} must be a method in capital letters, or *` });
};

const checkHeader: Check<string> = (value, report) => {
  if (value !== '*') checkHeaderName(value, report);
};

export const CorsPolicy = message(
  {
    allowOrigins: listOf(stringMatch('An origin.'), 'Origins that may ask.'),
    allowOrigin: texts('Deprecated: origins that may ask, in full.'),
    allowMethods: texts('Methods that may be used.', checkMethod),
    allowHeaders: texts('Headers that may be sent.', checkHeader),
    exposeHeaders: texts('Headers of the answer that the page may read.', checkHeader),
    maxAge: durationOrZero('How long the answer to a preflight may be kept.'),
    allowCredentials: flag('Whether credentials may be sent.'),
    unmatchedPreflights: choice(
      ['UNSPECIFIED', 'FORWARD', 'IGNORE'],
      'Whether preflights of other origins reach the service (FORWARD, the default).',
    ),
  },
  {
    description: 'Cross-origin resource sharing.',
    check: (cors, report) => {
      for (const [index, origin] of (cors.allowOrigins ?? []).entries()) {
        if ((origin.exact ?? origin.prefix ?? origin.regex ?? '') === '')
          report({
            at: ['allowOrigins', index],
            code: 'OR1642',
            message: 'one of exact, prefix and regex must be given',
          });
      }
      if ((parseDuration(cors.maxAge ?? '0s') ?? 0) % 1000 !== 0)
        report({ at: ['maxAge'], code: 'OR1647', message: 'maxAge must be whole seconds' });
      if (cors.allowOrigin !== undefined)
        report({
          at: ['allowOrigin'],
          severity: 'warning',
          code: 'OR1653',
          message: 'allowOrigin is deprecated: use allowOrigins',
        });
    },
  },
);

export type CorsPolicy = Static<typeof CorsPolicy>;
