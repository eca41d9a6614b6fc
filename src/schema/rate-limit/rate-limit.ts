import type { Static } from 'typebox';
import { choice, flag, listOf, mapOf, message, port, text, texts, whole, withPresence } from '../build.ts';
import { duration } from '../common/duration.ts';
import { reportTwice } from '../common/findings.ts';
import { checkHeaderName } from '../common/header.ts';
import { WorkloadSelector } from '../common/label.ts';
import { presenceMatch, stringMatch } from '../common/string-match.ts';
import { type Check, printValue } from '../problem.ts';

const checkHeaderNames: Check<Record<string, unknown>> = (headers, report) => {
  for (const name of Object.keys(headers)) checkHeaderName(name, (finding) => report({ ...finding, at: [name] }));
};

const checkMethod: Check<string> = (value, report) => {
  if (!/^[A-Z][A-Z-]*$/.test(value))
    report({ code: 'OR1657', message: `${printValue(value)} must be a method in capital letters, like GET` });
};

/** A star at one of its ends stands for anything. */
const checkHost: Check<string> = (value, report) => {
  if (!/^(?:\*|\*?[A-Za-z0-9_.-]+|[A-Za-z0-9_.-]+\*|\*?\[?[0-9A-Fa-f:]+\]?)$/.test(value))
    report({
      code: 'OR1657',
      message: `${printValue(value)} must be a host without port, like a.example or *.example`,
    });
};

const Match = message(
  {
    methods: texts('Methods in capital letters, of which one must fit.', checkMethod),
    hosts: texts('Hosts without port, of which one must fit: exact, prefix*, *suffix.', checkHost),
    path: stringMatch('The path, without the query.'),
    headers: mapOf(presenceMatch('The value; {} is any.'), 'Headers that must all fit.', checkHeaderNames),
  },
  { description: 'Which requests are counted; none given means all. Every field that is given must fit.' },
);

const Keys = message(
  {
    headers: listOf(
      text('The name of a header.', checkHeaderName),
      'Each combination of their values is counted by itself; requests without one of them are not counted.',
      (names, report) =>
        reportTwice(
          names.map((name) => name.toLowerCase()),
          { at: (index) => [index], what: 'header', report },
        ),
    ),
    remoteAddress: flag('Each address of a client is counted by itself.'),
  },
  {
    description: 'What parts the requests; all of it, where several are given.',
    check: ({ headers = [], remoteAddress = false }, report) => {
      if (headers.length === 0 && !remoteAddress)
        report({ code: 'OR1642', message: 'a header or remoteAddress: true must be given' });
    },
  },
);

const Limit = message(
  {
    match: Match,
    burst: withPresence(whole('How many may come at once, where that is not `requests`.', { minimum: 1 })),
    per: Keys,
  },
  {
    description: 'So many requests in a unit of time; more get 429.',
    needs: {
      requests: whole('How many; 0 lets none by.'),
      unit: choice(['second', 'minute', 'hour', 'day'], 'In what time.'),
    },
    check: ({ requests, burst }, report) => {
      if (requests === 0 && burst !== undefined)
        report({ at: ['burst'], code: 'OR1645', message: 'burst and requests: 0 exclude each other' });
    },
  },
);

const Global = message(
  {
    domain: withPresence(
      text(
        'The domain that the service counts in; outrigger by default. It is told the limits, and needs to know of the domain only.',
        (value, report) => {
          if (value === '') report({ code: 'OR1657', message: 'the domain must not be empty: leave it out' });
        },
      ),
    ),
    timeout: duration('How long its answer may take; 100ms by default.'),
    failureMode: choice(['open', 'closed'], 'What becomes of requests when it cannot be asked; open lets them by.'),
  },
  {
    description:
      'One count for all pods, kept by a service that speaks envoy.service.ratelimit.v3. Without it each pod counts for itself, and each of its ports.',
    needs: {
      service: text(
        'Where it is: [namespace/]host of a Service or ServiceEntry, the host in full. It is called over gRPC.',
        (value, report) => {
          if (!/^(?:[^/]+\/)?[^/]+$/.test(value))
            report({ code: 'OR1657', message: `${printValue(value)} must be [namespace/]host` });
        },
      ),
      port: port('Its port.'),
    },
  },
);

const fields = { selector: WorkloadSelector, global: Global };
const needs = {
  limits: listOf(Limit, 'They must all hold.', (limits, report) => {
    if (limits.length === 0) report({ code: 'OR1642', message: 'one limit must be given' });
  }),
};
const Form = message(fields, { description: 'Form', needs });

const checkSpec: Check<Static<typeof Form>> = ({ global, limits }, report) => {
  for (const [index, { burst }] of limits.entries()) {
    if (global !== undefined && burst !== undefined)
      report({ at: ['limits', index, 'burst'], code: 'OR1645', message: 'burst and global exclude each other' });
  }
};

export const RateLimitSpec = message(fields, {
  description: 'How many requests pods take, over HTTP.',
  needs,
  check: checkSpec,
});
