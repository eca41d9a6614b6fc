import type { JsonObject } from '../model/json.ts';
import { fieldAt, textsAt } from '../model/json-fields.ts';
import { fieldOf, type Origin, printOrigin } from '../model/origin.ts';
import type { SourceObject } from '../source/object-source.ts';
import { type HostRules, ranks, type Tell } from './dialect.ts';
import { istioObject, meshVirtualService, usableRules } from './istio-objects.ts';
import { type Profile, profileRules, readProfiles } from './linkerd/service-profile.ts';
import { readSplits, type Split, splitRules } from './smi/traffic-split.ts';
import type { World } from './world.ts';

/** What ServiceProfiles and TrafficSplits say, one value a host and whom it is for. */
export function profilesAndSplits(
  world: World,
  tell: Tell,
): { readonly hosts: HostRules[]; readonly objects: SourceObject[] } {
  const splits = readSplits(world, tell);
  const profiles = new Map<string, Profile>();
  for (const profile of readProfiles(world, tell)) {
    const key = profile.consumer ? `${profile.host} ${profile.source.namespace}` : profile.host;
    if (!profiles.has(key)) profiles.set(key, profile);
  }
  const hosts = [...profiles.values()].map((profile) => hostOfProfile(profile, splits.get(profile.host), tell));
  for (const split of splits.values()) if (!profiles.has(split.host)) hosts.push(hostOfSplit(split));
  return { hosts, objects: [...profiles.values()].flatMap((profile) => budgetRule(profile, world, tell) ?? []) };
}

function hostOfProfile(profile: Profile, split: Split | undefined, tell: Tell): HostRules {
  const { source, host, consumer } = profile;
  const origins = [source.origin, ...(split === undefined ? [] : [split.source.origin])];
  const shadow = (why: string) =>
    split !== undefined &&
    tell({
      severity: 'warning',
      code: 'OR2571',
      origin: split.source.origin,
      message: `${why} ServiceProfile ${source.namespace}/${source.name}`,
    });
  if (profile.route !== undefined) shadow(`${host} is split by the dstOverrides of`);
  else if (split?.match !== undefined) shadow('a split with conditions does not go together with');
  const route = split?.match === undefined ? split?.route : undefined;
  const tcp = profile.route ?? route;
  return {
    ...{ host, namespace: source.namespace, rank: consumer ? 'consumer-profile' : 'producer-profile', origins },
    rules: profileRules(
      profile,
      split === undefined || route === undefined
        ? undefined
        : { route, origin: fieldOf(split.source.origin, 'spec.backends') },
    ),
    ...(tcp === undefined ? {} : { tcp: { route: tcp } }),
  };
}

function hostOfSplit(split: Split): HostRules {
  const { source, host, route, match } = split;
  const base = { host, namespace: source.namespace, rank: 'producer-profile', origins: [source.origin] } as const;
  return { ...base, rules: splitRules(split), ...(match === undefined ? { tcp: { route } } : {}) };
}

/** The budget stands in a DestinationRule; one of a user's with a policy for all of the host is stronger. */
function budgetRule({ host, source, budget, consumer }: Profile, world: World, tell: Tell): SourceObject | undefined {
  if (budget === undefined) return undefined;
  const { namespace, origin } = source;
  const other = world.of('DestinationRule').find((rule) => {
    const [given] = textsAt({ hosts: [fieldAt(rule.object, 'spec', 'host') ?? ''] }, 'hosts');
    return (
      given !== undefined &&
      inFull(given, rule.namespace, world) === host &&
      fieldAt(rule.object, 'spec', 'trafficPolicy') !== undefined
    );
  });
  if (other !== undefined)
    tell({
      severity: 'warning',
      code: 'OR2571',
      origin,
      message: `its retry budget has no effect: ${printOrigin(other.origin)} has the policy of ${host}; give it retryBudget`,
    });
  const spec: JsonObject = { host, exportTo: [consumer ? '.' : '*'], trafficPolicy: { retryBudget: budget } };
  return istioObject({ kind: 'DestinationRule', namespace, name: `${host}~budget`, spec, origin });
}

const inFull = (host: string, namespace: string, world: World) =>
  host.includes('.') || host.startsWith('*') ? host.toLowerCase() : world.hostOf(host.toLowerCase(), namespace);

/** The VirtualServices of hosts, with what is hidden by another told. */
export function meshVirtualServices(hosts: readonly HostRules[], world: World, tell: Tell): SourceObject[] {
  const users = userHosts(world);
  const inOrder = [...hosts].sort((a, b) => ranks.indexOf(a.rank) - ranks.indexOf(b.rank));
  return inOrder.flatMap((entry) => {
    for (const origin of entry.origins) tellShadow(entry, origin, { users, hosts, tell });
    return meshVirtualService({ ...entry, rules: usableRules(entry.rules, tell) }) ?? [];
  });
}

interface Shadows {
  readonly users: ReadonlyMap<string, readonly SourceObject[]>;
  readonly hosts: readonly HostRules[];
  readonly tell: Tell;
}

function tellShadow(entry: HostRules, origin: Origin, { users, hosts, tell }: Shadows): void {
  const warn = (message: string) => tell({ severity: 'warning', code: 'OR2571', origin, message });
  for (const user of users.get(entry.host) ?? []) {
    const exported = textsAt(user.object, 'spec', 'exportTo');
    const everywhere = exported.length === 0 || exported.includes('*');
    const where = everywhere ? '' : ` in the namespaces that see it`;
    if (everywhere || entry.rank.startsWith('producer') || user.namespace === entry.namespace)
      warn(`it has no effect on sidecars${where}: ${printOrigin(user.origin)} routes ${entry.host}`);
  }
  const stronger = hosts.find(
    (other) =>
      other.host === entry.host &&
      ranks.indexOf(other.rank) < ranks.indexOf(entry.rank) &&
      (other.rank === 'producer-route' || other.namespace === entry.namespace),
  );
  const [winner] = stronger?.origins ?? [];
  if (winner !== undefined && entry.rank.endsWith('profile'))
    warn(`it has no effect: ${printOrigin(winner)} routes ${entry.host}`);
}

/** VirtualServices of users for sidecars, by host. */
function userHosts(world: World): ReadonlyMap<string, readonly SourceObject[]> {
  const found = new Map<string, SourceObject[]>();
  for (const source of world.of('VirtualService')) {
    const gateways = textsAt(source.object, 'spec', 'gateways');
    if (gateways.length > 0 && !gateways.includes('mesh')) continue;
    for (const host of textsAt(source.object, 'spec', 'hosts')) {
      const full = inFull(host, source.namespace, world);
      found.set(full, [...(found.get(full) ?? []), source]);
    }
  }
  return found;
}
