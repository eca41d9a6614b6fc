import type { Static } from 'typebox';
import { int32, listOf, message, text, whole } from '../build.ts';
import { Destination } from '../common/destination.ts';
import { durationOrZero } from '../common/duration.ts';
import { Headers } from '../common/header.ts';
import { checkDnsLabel } from '../common/host-name.ts';
import { percent } from '../common/percent.ts';
import type { Check, Report } from '../problem.ts';
import { CorsPolicy } from './cors.ts';
import { Fault } from './fault.ts';
import { DirectResponse, Redirect, Rewrite } from './http-answers.ts';
import { HttpMatch } from './http-match.ts';
import { Retries } from './retries.ts';
import { checkWeights } from './weights.ts';

const RouteDestination = message(
  {
    weight: int32('Share of the requests, relative to the other weights.', { minimum: 0 }),
    headers: Headers,
  },
  { description: 'A destination and its share.', needs: { destination: Destination } },
);

const Delegate = message(
  {
    name: text('Its name.'),
    namespace: text("Its namespace; none given means the resource's own.", checkDnsLabel),
  },
  { description: 'A VirtualService without hosts whose rules stand here.' },
);

const MirrorPolicy = message(
  { percentage: percent('Share of the requests; none given means all.') },
  { description: 'A copy of requests.', needs: { destination: Destination } },
);

const fields = {
  name: text('A name for logs and route names.'),
  match: listOf(HttpMatch, 'The rule is for requests that one of these fits; none given means all.'),
  route: listOf(RouteDestination, 'Where requests go.'),
  redirect: Redirect,
  directResponse: DirectResponse,
  delegate: Delegate,
  rewrite: Rewrite,
  timeout: durationOrZero('How long a request may take, retries included; 0s, the default, is without limit.'),
  retries: Retries,
  fault: Fault,
  mirror: Destination,
  mirrors: listOf(MirrorPolicy, 'Where copies of requests go.'),
  mirrorPercentage: percent('Share of the requests that mirror copies; none given means all.'),
  mirrorPercent: whole('Deprecated: a whole number of per cent.', { maximum: 100 }),
  corsPolicy: CorsPolicy,
  headers: Headers,
};

const HttpRouteForm = message(fields, { description: 'A rule.' });
export type HttpRoute = Static<typeof HttpRouteForm>;

const checkRoute: Check<HttpRoute> = (rule, report) => {
  checkWhatItDoes(rule, report);
  checkWeights(rule.route ?? [], { at: ['route'], report });
  checkMirrors(rule, report);
  checkAuthority(rule, report);
};

/** Exactly one of route, redirect, directResponse and delegate says what becomes of a request. */
function checkWhatItDoes(rule: HttpRoute, report: Report): void {
  const given = (['route', 'redirect', 'directResponse', 'delegate'] as const).filter((name) =>
    name === 'route' ? (rule.route ?? []).length > 0 : rule[name] !== undefined,
  );
  const [first, second] = given;
  if (first === undefined)
    report({ code: 'OR1642', message: 'one of route, redirect, directResponse and delegate must be given' });
  if (first !== undefined && second !== undefined)
    report({
      code: 'OR1645',
      message: `only one of route, redirect, directResponse and delegate may be given, not ${first} and ${second}`,
    });
  const idle = rule.redirect === undefined ? [] : (['fault', 'rewrite'] as const);
  for (const name of idle) {
    if (rule[name] !== undefined)
      report({ at: [name], code: 'OR1645', message: `${name} may not be given with redirect` });
  }
  if (rule.delegate !== undefined && rule.delegate.name === undefined)
    report({ at: ['delegate', 'name'], code: 'OR1642', message: 'the field name must be given' });
}

function checkMirrors(rule: HttpRoute, report: Report): void {
  if (rule.mirror !== undefined && (rule.mirrors ?? []).length > 0)
    report({ at: ['mirrors'], code: 'OR1645', message: 'only one of mirror and mirrors may be given' });
  if (rule.mirrorPercent !== undefined)
    report({
      at: ['mirrorPercent'],
      severity: 'warning',
      code: 'OR1653',
      message: 'mirrorPercent is deprecated: use mirrorPercentage.value',
    });
  const share = rule.mirrorPercentage ?? rule.mirrorPercent;
  if (share !== undefined && rule.mirror === undefined) {
    const at = [rule.mirrorPercentage === undefined ? 'mirrorPercent' : 'mirrorPercentage'];
    report({ at, severity: 'warning', code: 'OR1653', message: 'it has no effect without mirror' });
  }
}

/** The authority can be rewritten once. */
function checkAuthority(rule: HttpRoute, report: Report): void {
  const request = rule.headers?.request;
  const names = [...Object.keys(request?.set ?? {}), ...Object.keys(request?.add ?? {})];
  const count = names.filter((name) => /^(?::authority|host)$/i.test(name)).length;
  if (count + (rule.rewrite?.authority === undefined ? 0 : 1) > 1)
    report({
      at: ['headers', 'request'],
      code: 'OR1645',
      message: 'the authority may be set only once, by rewrite or by headers',
    });
}

export const HttpRoutes = listOf(
  message(fields, { description: 'A rule.', check: checkRoute }),
  'Rules for HTTP; the first that fits a request is used.',
);
