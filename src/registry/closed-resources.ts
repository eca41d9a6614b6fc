import { isObject, type Json, type JsonObject } from '../model/json.ts';
import type { AuthorizationPolicy, PeerAuthentication, RequestAuthentication } from '../schema/kinds.ts';
import type { StandIn } from './input.ts';
import { fieldAt, textMapAt } from './json-fields.ts';
import { validated } from './validated.ts';

type Spec =
  | AuthorizationPolicy['spec']
  | NonNullable<PeerAuthentication['spec']>
  | NonNullable<RequestAuthentication['spec']>;

/**
 * What stands in for a resource that guards something and has an error, as long as there is no last good version of it.
 * Undefined for other kinds, and for what guards nothing when it is right. `everywhere`: it is for the whole mesh.
 */
export function closedResource(kind: string, object: JsonObject, everywhere: boolean): StandIn<Spec> | undefined {
  try {
    return closedAsFarAsRead(kind, object, everywhere);
  } catch {
    return closedAsFarAsRead(kind, unreadable, everywhere);
  }
}

/** Stands for one of which nothing can be said, so that it is closed whatever it is. */
const unreadable: JsonObject = { spec: { action: 'DENY', mtls: 0 } };

function closedAsFarAsRead(kind: string, object: JsonObject, everywhere: boolean): StandIn<Spec> | undefined {
  switch (kind) {
    case 'AuthorizationPolicy':
      return closedPolicy(object, everywhere);
    case 'PeerAuthentication':
      return closedPeers(object, everywhere);
    case 'RequestAuthentication':
      return closedTokens(object, everywhere);
    default:
      return undefined;
  }
}

interface Selection {
  readonly selector: {
    readonly selector?: { readonly matchLabels: Record<string, string> };
    readonly targetRefs?: TargetRef[];
  };
  /** `the pods that it selects`, `all pods of its namespace` */
  readonly whom: string;
}

function selectionOf(object: JsonObject, everywhere: boolean): Selection {
  const targets = targetsOf(object);
  if (targets !== undefined) return { selector: targets, whom: 'the pods of its Gateways' };
  const matchLabels = selectedLabels(object);
  const where = everywhere ? ' of the whole mesh' : matchLabels === undefined ? ' of its namespace' : '';
  return {
    selector: matchLabels === undefined ? {} : { selector: { matchLabels } },
    whom: `${matchLabels === undefined ? 'all pods' : 'the pods that it selects'}${where}`,
  };
}

const open = new Set<unknown>([undefined, 'UNSET', 'DISABLE', 'PERMISSIVE']);

/** Unless all that it says for sure is that plain text is welcome, only mutual TLS is. */
function closedPeers(
  object: JsonObject,
  everywhere: boolean,
): StandIn<NonNullable<PeerAuthentication['spec']>> | undefined {
  const spec = fieldAt(object, 'spec');
  const mtls = fieldAt(object, 'spec', 'mtls');
  const ports = fieldAt(object, 'spec', 'portLevelMtls');
  const isRead = (isObject(spec) || spec === undefined) && isMode(mtls);
  const arePortsRead = ports === undefined || (isObject(ports) && Object.values(ports).every(isMode));
  if (isRead && arePortsRead) return undefined;
  const { selector, whom } = selectionOf(object, everywhere);
  return {
    value: { ...selector, mtls: { mode: 'STRICT' } },
    note: `until it is right only mutual TLS is let in to ${whom}`,
  };
}

const isMode = (value: Json | undefined): boolean =>
  value === undefined || (isObject(value) && open.has(value['mode'] as unknown));

/** Rules that are right by themselves stay; of the issuers of the others no token is taken. */
function closedTokens(
  object: JsonObject,
  everywhere: boolean,
): StandIn<NonNullable<RequestAuthentication['spec']>> | undefined {
  const given = fieldAt(object, 'spec', 'jwtRules');
  const jwtRules = (Array.isArray(given) ? given : []).flatMap((rule) => closedRule(object, rule));
  const { selector, whom } = selectionOf(object, everywhere);
  return {
    value: { ...selector, jwtRules },
    note: `until it is right no token of the rules in error is taken by ${whom}`,
  };
}

type JwtRules = NonNullable<NonNullable<RequestAuthentication['spec']>['jwtRules']>;

function closedRule(object: JsonObject, rule: Json): JwtRules {
  if (!isObject(rule) || typeof rule['issuer'] !== 'string') return [];
  const { issuer, fromHeaders, fromParams, fromCookies } = rule;
  const places = Object.fromEntries(
    Object.entries({ fromHeaders, fromParams, fromCookies }).filter(([, place]) => place !== undefined),
  );
  const nobody = { issuer, jwks: '{"keys":[]}' };
  for (const candidate of [rule, { ...nobody, ...places }, nobody]) {
    const { value } = validated({ ...object, spec: { jwtRules: [candidate as Json] } });
    if (value?.kind === 'RequestAuthentication') return value.spec?.jwtRules ?? [];
  }
  return [];
}

/** Undefined for what forbids nothing here when it is right: an audit. */
function closedPolicy(object: JsonObject, everywhere: boolean): StandIn<AuthorizationPolicy['spec']> | undefined {
  const action = fieldAt(object, 'spec', 'action') ?? 'ALLOW';
  if (action === 'AUDIT') return undefined;
  const { selector, whom } = selectionOf(object, everywhere);
  return {
    value: {
      ...selector,
      // Beside another policy that allows, only a denial lets nobody in; a broken permission just permits nothing.
      ...(action === 'ALLOW' ? { action } : { action: 'DENY', rules: [{}] }),
    },
    note: `until it is right ${action === 'ALLOW' ? 'it lets nobody in' : 'nobody is let in'} to ${whom}`,
  };
}

/** As far as they can be read; undefined where a policy is attached to nothing, or also has a selector. */
function targetsOf(object: JsonObject): { targetRefs: TargetRef[] } | undefined {
  const one = fieldAt(object, 'spec', 'targetRef');
  const several = fieldAt(object, 'spec', 'targetRefs');
  const given = [...(one === undefined ? [] : [one]), ...(Array.isArray(several) ? several : [])];
  if (given.length === 0 || fieldAt(object, 'spec', 'selector') !== undefined) return undefined;
  const refs = given.filter(isObject).map((ref) => ({
    ...{ group: String(ref['group'] ?? ''), kind: String(ref['kind'] ?? ''), name: String(ref['name'] ?? '') },
  }));
  // An empty list would be for all pods.
  return { targetRefs: refs.length > 0 ? refs : [{ group: '', kind: '', name: '' }] };
}

interface TargetRef {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** Undefined for all pods, which is also what holds when the labels cannot be read. */
function selectedLabels(object: JsonObject): Record<string, string> | undefined {
  const labels = fieldAt(object, 'spec', 'selector', 'matchLabels');
  if (!isObject(labels) || Object.keys(labels).length === 0) return undefined;
  const texts = textMapAt(labels);
  return Object.keys(texts).length === Object.keys(labels).length ? texts : undefined;
}
