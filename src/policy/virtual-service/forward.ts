import type { DestinationIR, ForwardIR, MirrorIR } from '../../ir/types/route.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { HttpRoute } from '../../schema/virtual-service/http-route.ts';
import { rewriteOf } from './answers.ts';
import { type DestinationCluster, destinationCluster } from './destinations.ts';
import { headerChangesOf } from './header-changes.ts';
import { retryOf } from './retry-policy.ts';
import type { RuleContext } from './rule-context.ts';

/** Undefined when the rule names no destination with a share. */
export function forwardOf(rule: HttpRoute, context: RuleContext): ForwardIR | undefined {
  const named = (rule.route ?? []).map((entry) => ({ entry, target: targetOf(entry.destination, context) }));
  const single = named.length === 1;
  // A lone destination takes all, whatever its weight says; of several, those without a share are left out.
  const used = single ? named : named.filter(({ entry }) => (entry.weight ?? 0) > 0);
  const [first] = used;
  if (first === undefined) return undefined;
  const destinations = used.map(({ entry, target }): DestinationIR => {
    const plan = headerChangesOf(entry.headers);
    return {
      cluster: target.cluster,
      weight: used.length === 1 ? 1 : (entry.weight ?? 0),
      headers: plan.changes,
      ...(plan.hostRewrite === undefined ? {} : { hostRewrite: plan.hostRewrite }),
    };
  });
  const lookedUp = used.find(({ target }) => target.known?.service.resolution === 'dynamic-dns');
  const hash = first.target.known?.hash(first.target.port, first.target.subset) ?? [];
  const retry = rule.retries === undefined ? context.defaultRetry : retryOf(rule.retries);
  const rewrite = rewriteOf(rule.rewrite);
  const hostRewrite = rule.rewrite?.authority ?? headerChangesOf(rule.headers).hostRewrite;
  return {
    kind: 'forward',
    destinations,
    timeoutMs: parseDuration(rule.timeout ?? '0s') ?? 0,
    // A retry on another host would break what the hash promises.
    ...(retry === undefined ? {} : { retry: hash.length > 0 ? { ...retry, otherHost: false } : retry }),
    ...(rewrite === undefined ? {} : { rewrite }),
    ...(hostRewrite === undefined ? {} : { hostRewrite }),
    mirrors: mirrorsOf(rule, context),
    hash,
    keepAddress: used.some(({ target }) => target.known?.service.resolution === 'headless'),
    ...(lookedUp === undefined ? {} : { lookedUpPort: lookedUp.target.port }),
  };
}

type RouteTarget = NonNullable<HttpRoute['route']>[number]['destination'];

export function targetOf(destination: RouteTarget, context: RuleContext): DestinationCluster {
  const host = context.resolve(destination.host);
  return destinationCluster(destination, host, context.port, context.lookup);
}

function mirrorsOf(rule: HttpRoute, context: RuleContext): MirrorIR[] {
  const list = (rule.mirrors ?? []).map(({ destination, percentage }) => ({
    destination,
    percent: percentage === undefined ? 100 : (percentage.value ?? 0),
  }));
  if (rule.mirror !== undefined) {
    const { mirrorPercentage, mirrorPercent } = rule;
    const percent = mirrorPercentage === undefined ? (mirrorPercent ?? 100) : (mirrorPercentage.value ?? 0);
    list.push({ destination: rule.mirror, percent });
  }
  return list
    .filter(({ percent }) => percent > 0)
    .map(({ destination, percent }) => ({ cluster: targetOf(destination, context).cluster, percent }));
}
