import { fieldOf, type Origin } from '../../model/origin.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import type { HttpRoute } from '../../schema/virtual-service/http-route.ts';
import { resolveHost } from '../hosts.ts';
import { isVisible } from '../visibility.ts';
import { joinMatches, joinNames } from './delegate-matches.ts';
import { gatewayId } from './gateway-id.ts';

type Given = Config<VirtualService>;

/** A VirtualService all of whose HTTP rules say themselves what becomes of a request. */
export interface Routing extends Given {
  /** The delegates whose rules it has. */
  readonly delegates?: readonly Origin[];
}

/** Whom to name when something is wrong with what became of it. */
export function originsOf({ origin, delegates = [], ruleOrigins = [] }: Routing): readonly Origin[] {
  const places = new Map<string, Origin>();
  for (const { field: _, ...whole } of ruleOrigins) places.set(`${whole.kind} ${whole.namespace}/${whole.name}`, whole);
  places.delete(`${origin.kind} ${origin.namespace}/${origin.name}`);
  return [origin, ...delegates, ...places.values()];
}

/** It has no hosts: it holds where others name it, and nowhere by itself. */
export function isDelegate({ spec }: Given): boolean {
  return (spec.hosts ?? []).length === 0;
}

export function isRoot({ spec }: Given): boolean {
  return (spec.http ?? []).some((rule) => rule.delegate !== undefined);
}

/** By `<namespace>/<name>`. */
export function delegatesById(configs: readonly Given[]): ReadonlyMap<string, Given> {
  return new Map(configs.filter(isDelegate).map((config) => [`${config.namespace}/${config.name}`, config]));
}

/** The delegate of each HTTP rule; undefined where a rule names none, or one that is not there for this namespace. */
export function namedDelegates(root: Given, known: ReadonlyMap<string, Given>): readonly (Given | undefined)[] {
  return (root.spec.http ?? []).map((rule) => {
    const found = rule.delegate === undefined ? undefined : known.get(delegateId(rule, root));
    return found !== undefined && isSeen(found, root) ? found : undefined;
  });
}

export const delegateId = ({ delegate }: HttpRoute, root: Given) =>
  `${delegate?.namespace ?? root.namespace}/${delegate?.name}`;
export const isSeen = ({ spec, namespace }: Given, root: Given) =>
  isVisible(spec.exportTo ?? [], namespace, root.namespace);

/**
 * The rules of delegates in the place of those that name them, as Istio's `mergeVirtualServicesIfNeeded` does it; a rule
 * whose delegate is not there is left out, and so is a delegate's rule that no request of the root's rule could fit.
 */
export function joinDelegates(root: Given, named: readonly (Given | undefined)[], domainSuffix: string): Routing {
  const rules = (root.spec.http ?? []).flatMap((rule, index): readonly (readonly [HttpRoute, Origin])[] => {
    const origin = fieldOf(root.origin, `spec.http[${index}]`);
    if (rule.delegate === undefined) return [[rule, origin]];
    const delegate = named[index];
    const own = delegate === undefined ? [] : rulesInFull(delegate, domainSuffix);
    return own.flatMap((inner) => joinRules(inGateways(rule, root.namespace), inner) ?? []).map((one) => [one, origin]);
  });
  return {
    ...root,
    spec: { ...root.spec, http: rules.map(([rule]) => rule) },
    ruleOrigins: rules.map(([, origin]) => origin),
    delegates: [...new Set(named)].flatMap((delegate) => delegate?.origin ?? []),
  };
}

/** What the delegate's rule does not say is as the root's rule has it. */
function joinRules(
  { match: outer = [], delegate: _, name, ...root }: HttpRoute,
  own: HttpRoute,
): HttpRoute | undefined {
  const match = joinMatches(outer, own.match ?? []);
  if (match === undefined) return undefined;
  const joined = joinNames(name, own.name);
  return { ...root, ...own, match: [...match], ...(joined === undefined ? {} : { name: joined }) };
}

/** Short names in a delegate are of its own namespace. */
function rulesInFull({ spec, namespace }: Given, domainSuffix: string): readonly HttpRoute[] {
  const full = <T extends { readonly host: string }>(destination: T): T => ({
    ...destination,
    host: resolveHost(destination.host, namespace, domainSuffix),
  });
  const each = <T extends { readonly destination: { readonly host: string } }>(entries: readonly T[]): T[] =>
    entries.map((entry) => ({ ...entry, destination: full(entry.destination) }));
  return (spec.http ?? []).map((rule) => ({
    ...inGateways(rule, namespace),
    ...(rule.route === undefined ? {} : { route: each(rule.route) }),
    ...(rule.mirror === undefined ? {} : { mirror: full(rule.mirror) }),
    ...(rule.mirrors === undefined ? {} : { mirrors: each(rule.mirrors) }),
  }));
}

/** The gateways that its conditions name, as `<namespace>/<name>`. */
export function inGateways(rule: HttpRoute, namespace: string): HttpRoute {
  const match = rule.match?.map(({ gateways, ...rest }) => ({
    ...rest,
    ...(gateways === undefined ? {} : { gateways: gateways.map((name) => gatewayId(name, namespace)) }),
  }));
  return match === undefined ? rule : { ...rule, match };
}
