import type { LocalityIR } from '../../ir/types/cluster.ts';
import type { LocalityEndpointsIR } from '../../ir/types/load-assignment.ts';
import type { Locality } from '../../model/endpoint.ts';
import { isWithin, labelAt, type Place } from './place.ts';
import { weighZones } from './zones.ts';

type Groups = readonly LocalityEndpointsIR[];
type Shares = Extract<LocalityIR, { kind: 'shares' }>;
type Order = Extract<LocalityIR, { kind: 'order' }>;
type Zones = Extract<LocalityIR, { kind: 'zones' }>;

/** The endpoints of a cluster for a client: in shares by locality, or in order of nearness, 0 the nearest. */
export function arrange(groups: Groups, rule: LocalityIR, client: Place): Groups {
  switch (rule.kind) {
    case 'shares':
      return inShares(groups, rule, client);
    case 'zones':
      return inZones(groups, rule, client);
    case 'order':
      return inOrder(groups, rule, client);
  }
}

/** A client that no rule is for keeps all endpoints as they are. Where one is, localities that it does not name get nothing. */
function inShares(groups: Groups, { shares }: Shares, { locality }: Place): Groups {
  const rule = shares.find(({ from }) => isWithin(locality, from));
  if (rule === undefined) return groups;
  // Of patterns for one locality the narrowest counts.
  const patterns = Object.entries(rule.to).sort(([a], [b]) => breadth(a) - breadth(b) || (a < b ? -1 : 1));
  const patternOf = (group: LocalityEndpointsIR) => patterns.find(([pattern]) => isWithin(group.locality, pattern));
  const totals = new Map<unknown, number>();
  for (const group of groups) totals.set(patternOf(group), (totals.get(patternOf(group)) ?? 0) + sizeOf(group));
  return groups.flatMap((group) => {
    const pattern = patternOf(group);
    if (pattern === undefined) return [];
    return [{ ...group, weight: Math.ceil((sizeOf(group) * pattern[1]) / (totals.get(pattern) ?? 1)) }];
  });
}

const breadth = (pattern: string) => 3 - pattern.split('/').filter((part) => part !== '*').length;

function sizeOf({ endpoints }: LocalityEndpointsIR): number {
  return endpoints.reduce((sum, { endpoint }) => sum + endpoint.weight, 0);
}

/** Labels first; where regions count as well, they tell apart what the labels leave equal. */
function inOrder(groups: Groups, rule: Order, client: Place): Groups {
  const split = rule.labels.length === 0 ? groups : dense(groups.flatMap((group) => byLabels(group, rule, client)));
  if (!rule.byDistance) return split;
  return dense(
    split.map((group) => {
      const far = distance(client.locality, group.locality, rule.regions);
      return { ...group, priority: (group.priority ?? 0) * (farthest + 1) + far };
    }),
  );
}

/** Labels first, then regions; zones share what is nearest. Of a client whose place is unknown nothing is nearer. */
function inZones(groups: Groups, rule: Zones, client: Place): Groups {
  if (client.locality.region === '') return groups;
  const split = rule.labels.length === 0 ? groups : dense(groups.flatMap((group) => byLabels(group, rule, client)));
  const placed = split.map((group) => {
    const far = regionDistance(client.locality.region, group.locality.region, rule.regions);
    return { ...group, priority: (group.priority ?? 0) * (farthestRegion + 1) + far };
  });
  return weighZones(dense(placed), rule, client);
}

const farthestRegion = 2;

/** 0 the same region, 1 elsewhere, 2 elsewhere but not where the rule sends it. */
function regionDistance(here: string, there: string, regions: Zones['regions']): number {
  if (here === there) return 0;
  const rule = regions.find(({ from }) => from === here);
  return rule === undefined || rule.to === there ? 1 : farthestRegion;
}

/** An endpoint is the nearer the later the first label comes in which it differs. */
function byLabels(group: LocalityEndpointsIR, { labels }: Pick<Order, 'labels'>, client: Place): LocalityEndpointsIR[] {
  const wanted = labels.map(({ name, value }) => ({ name, value: value ?? labelAt(client, name) }));
  const byPriority = Map.groupBy(group.endpoints, ({ endpoint }) => {
    const first = wanted.findIndex(({ name, value }) => labelAt(endpoint, name) !== value);
    return first < 0 ? 0 : wanted.length - first;
  });
  return [...byPriority].map(([priority, endpoints]) => ({ ...group, endpoints, priority }));
}

const farthest = 4;

/** 0 the same place, 1 the same zone, 2 the same region, 3 elsewhere, 4 elsewhere but not where the rule sends it. */
function distance(client: Locality, there: Locality, regions: Order['regions']): number {
  if (client.region !== there.region) {
    const rule = regions.find(({ from }) => from === client.region);
    return rule === undefined || rule.to === there.region ? 3 : farthest;
  }
  if (client.zone !== there.zone) return 2;
  return client.subzone === there.subzone ? 0 : 1;
}

/** Envoy wants priorities from 0 without a gap. */
function dense(groups: Groups): Groups {
  const used = [...new Set(groups.map(({ priority = 0 }) => priority))].sort((a, b) => a - b);
  return groups.map((group) => ({ ...group, priority: used.indexOf(group.priority ?? 0) }));
}
