import type { RouteActionIR, RouteIR } from '../../ir/types/route.ts';
import { fieldOf } from '../../model/origin.ts';
import type { HttpMatch } from '../../schema/virtual-service/http-match.ts';
import type { HttpRoute } from '../../schema/virtual-service/http-route.ts';
import { directResponseOf, redirectOf } from './answers.ts';
import { matchApplies } from './applies.ts';
import { corsOf } from './cors-policy.ts';
import { faultOf } from './faults.ts';
import { forwardOf, targetOf } from './forward.ts';
import { headerChangesOf } from './header-changes.ts';
import { anyRequest, isCatchAll, routeMatchOf } from './match.ts';
import type { RuleContext } from './rule-context.ts';

/**
 * The HTTP rules of a VirtualService for one listener, in order: one route for each match. A rule that fits every
 * request ends the list. Empty means that the resource says nothing about this listener.
 */
export function httpRoutesOf(context: RuleContext): readonly RouteIR[] {
  const routes = (context.config.spec.http ?? []).flatMap((rule, index) =>
    matchesOf(rule.match, context).flatMap((match) => routeOf(rule, match, index, context) ?? []),
  );
  const last = routes.findIndex(({ match }) => isCatchAll(match));
  return last < 0 ? routes : routes.slice(0, last + 1);
}

/** Those that can hold here; `undefined` stands for a rule without conditions. */
function matchesOf(given: HttpRoute['match'], context: RuleContext): readonly (HttpMatch | undefined)[] {
  if (given === undefined || given.length === 0) return [undefined];
  return given.filter((match) => matchApplies(match, context));
}

function routeOf(
  rule: HttpRoute,
  match: HttpMatch | undefined,
  index: number,
  context: RuleContext,
): RouteIR | undefined {
  const action = actionOf(rule, context);
  if (action === undefined) return undefined;
  const fault = faultOf(rule.fault);
  const cors = corsOf(rule.corsPolicy);
  const statPrefix = match?.statPrefix;
  const { config } = context;
  return {
    name: [rule.name, match?.name].filter((part) => part !== undefined && part !== '').join('.'),
    match: match === undefined ? anyRequest : routeMatchOf(match),
    action,
    headers: headerChangesOf(rule.headers).changes,
    ...(fault === undefined ? {} : { fault }),
    ...(cors === undefined ? {} : { cors }),
    ...(statPrefix === undefined ? {} : { statPrefix }),
    operation: operationOf(rule, match, context),
    origin: config.ruleOrigins?.[index] ?? fieldOf(config.origin, `spec.http[${index}]`),
  };
}

function actionOf(rule: HttpRoute, context: RuleContext): RouteActionIR | undefined {
  if (rule.redirect !== undefined) return redirectOf(rule.redirect, context.port);
  if (rule.directResponse !== undefined) return directResponseOf(rule.directResponse);
  return forwardOf(rule, context);
}

/** The name of spans: host, port and path of the only destination, else the resource's name. */
function operationOf(rule: HttpRoute, match: HttpMatch | undefined, context: RuleContext): string {
  const { uri } = match ?? {};
  const path = uri?.exact ?? uri?.regex ?? `${uri?.prefix ?? '/'}*`;
  const [first, second] = rule.route ?? [];
  if (first === undefined || second !== undefined) return `${context.config.name}:${context.port}${path}`;
  const { host, port } = targetOf(first.destination, context);
  return `${host}:${port}${path}`;
}
