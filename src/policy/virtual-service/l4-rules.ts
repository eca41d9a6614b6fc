import type { TcpConnectionIR, TcpRouteIR, TlsRouteIR } from '../../ir/types/outbound.ts';
import { fieldOf } from '../../model/origin.ts';
import { isServerName } from '../../model/server-name.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import { matchApplies } from './applies.ts';
import type { DestinationCluster } from './destinations.ts';
import { targetOf } from './forward.ts';
import type { RuleContext } from './rule-context.ts';

type TlsRule = NonNullable<VirtualService['spec']['tls']>[number];
type TcpRule = NonNullable<VirtualService['spec']['tcp']>[number];

/** Connections by server name, in order. */
export function tlsRoutesOf(context: RuleContext): readonly TlsRouteIR[] {
  return (context.config.spec.tls ?? []).flatMap((rule, index) =>
    rule.match
      .filter((match) => matchApplies(match, context) && match.sniHosts.some(isServerName))
      .map((match) => ({
        ...destinationsOf(rule, `spec.tls[${index}]`, context),
        sniHosts: match.sniHosts.filter(isServerName),
        subnets: match.destinationSubnets ?? [],
      })),
  );
}

export interface TcpRuleIR extends TcpRouteIR {
  /** CIDRs; empty is any. */
  readonly subnets: readonly string[];
}

/** Other connections, in order; one for any address ends the list. */
export function tcpRoutesOf(context: RuleContext): readonly TcpRuleIR[] {
  const routes = (context.config.spec.tcp ?? []).flatMap((rule, index) =>
    tcpMatchesOf(rule.match)
      .filter((match) => matchApplies(match, context))
      .map(({ destinationSubnets: subnets = [] }) => ({
        ...destinationsOf(rule, `spec.tcp[${index}]`, context),
        subnets,
      })),
  );
  const last = routes.findIndex(({ subnets }) => subnets.length === 0);
  return last < 0 ? routes : routes.slice(0, last + 1);
}

type TcpMatch = NonNullable<TcpRule['match']>[number];

function tcpMatchesOf(given: TcpRule['match']): readonly TcpMatch[] {
  return given === undefined || given.length === 0 ? [{}] : given;
}

/** As the first destination's policy says; a tunnel is for a destination that takes all, as in Istio. */
function connectionOf(targets: readonly DestinationCluster[]): TcpConnectionIR | undefined {
  const [first, second] = targets;
  const connection = first?.known?.connection(first.port, first.subset);
  if (connection?.tunnel === undefined || second === undefined) return connection;
  const { tunnel: _, ...rest } = connection;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function destinationsOf(rule: TlsRule | TcpRule, field: string, context: RuleContext): TcpRouteIR {
  const all = rule.route ?? [];
  const used = all.length === 1 ? all : all.filter(({ weight = 0 }) => weight > 0);
  const targets = used.map(({ destination, weight = 1 }) => ({ ...targetOf(destination, context), weight }));
  const connection = connectionOf(targets);
  return {
    destinations: targets.map(({ cluster, weight }) => ({ cluster, weight: targets.length === 1 ? 1 : weight })),
    ...(connection === undefined ? {} : { connection }),
    origins: [fieldOf(context.config.origin, field)],
  };
}
