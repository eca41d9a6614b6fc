import type { RateKeyIR, RateLimitIR, RateLimitsIR, RateUnit } from '../../ir/types/rate-limit.ts';
import type { Message, XdsResource } from '../resource.ts';
import { any, duration, extension, given } from '../translate/common.ts';
import { extensionSlot } from '../translate/extension-slot.ts';
import { translateHeader } from '../translate/route-match.ts';

const local = 'extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
const global = 'extensions.filters.http.ratelimit.v3.RateLimit';
/** Not Envoy's names, under which an EnvoyFilter may put filters of its own. */
const localName = 'outrigger.local_ratelimit';

const nothingCounted: Message = { stat_prefix: 'outrigger' };
const localSlot = extensionSlot(localName, [local]);
const globalSlot = extensionSlot('outrigger.ratelimit', [global, 'extensions.filters.http.rbac.v3.RBAC']);
/** The filter has no form that asks nobody: rules without any do nothing. */
const askNobody = globalSlot.content(any('extensions.filters.http.rbac.v3.RBAC'), []);

/**
 * Counts by what the routes say. Their configuration is one for all chains of a port, encrypted or not, so these share
 * the count, and a change of it drains no connection.
 */
export const rateLimits: readonly Message[] = [extension(localName, local, nothingCounted), globalSlot.filter];

/** The same by name (docs/decisions/0100): routes of gateways change often, and each change would begin to count anew. */
export const gatewayRateLimits: readonly Message[] = [localSlot.filter, globalSlot.filter];

export function limitsOfRoutes({ local: limits }: RateLimitsIR): Record<string, Message> {
  return limits.length === 0 ? {} : { [localName]: any(local, countedHere(limits)) };
}

/** What is counted by a service. */
export function translateGlobalLimits({ global: asked }: RateLimitsIR): XdsResource {
  if (asked === undefined) return askNobody;
  const { cluster, host, domain, timeoutMs, failOpen, limits } = asked;
  const config = given({
    domain,
    timeout: duration(timeoutMs),
    failure_mode_deny: failOpen ? undefined : true,
    rate_limited_as_resource_exhausted: true,
    enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
    enable_retry_after_header: true,
    rate_limit_service: {
      grpc_service: { envoy_grpc: { cluster_name: cluster.name, authority: host } },
      transport_api_version: 'V3',
    },
    rate_limits: limits.map((limit) => ({
      actions: actionsOf(limit),
      limit: { rate_limit: { requests_per_unit: limit.requests, unit: limit.unit.toUpperCase() } },
    })),
  });
  return globalSlot.content(any(global, config), originsOf(limits));
}

/** What each server of a gateway counts. */
export function translateLocalLimits({ local: limits }: RateLimitsIR): XdsResource {
  return localSlot.content(any(local, limits.length === 0 ? nothingCounted : countedHere(limits)), originsOf(limits));
}

const originsOf = (limits: readonly RateLimitIR[]) => limits.map(({ origin }) => origin);

/** Values of `per` that a proxy remembers; who comes again after so many others begins anew. */
const remembered = 10_000;
const always = { default_value: { numerator: 100 } };

function countedHere(limits: readonly RateLimitIR[]): Message {
  return {
    ...nothingCounted,
    // Envoy wants one for the requests that no limit fits.
    token_bucket: bucket(4_294_967_295, 4_294_967_295, 1),
    always_consume_default_token_bucket: false,
    filter_enabled: always,
    filter_enforced: always,
    rate_limited_as_resource_exhausted: true,
    enable_retry_after_header: true,
    ...(limits.some(({ per }) => per.length > 0) ? { max_dynamic_descriptors: remembered } : {}),
    rate_limits: limits.map((limit) => ({
      actions: actionsOf(limit),
      // On the filter it would stand for requests that no limit fits, too.
      x_ratelimit_option: 'DRAFT_VERSION_03',
      // A bucket holds at least one: those that let none by take two at a time.
      ...(limit.requests === 0 ? { hits_addend: { number: '2' } } : {}),
    })),
    descriptors: limits.map((limit) => ({
      entries: [{ key: limitKey, value: limit.id }, ...limit.per.map((key) => ({ key: nameOf(key) }))],
      token_bucket: bucket(Math.max(limit.burst, 1), Math.max(limit.requests, 1), seconds[limit.unit]),
    })),
  };
}

const limitKey = 'limit';
const seconds: Readonly<Record<RateUnit, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 };

function bucket(most: number, perFill: number, everySeconds: number): Message {
  return { max_tokens: most, tokens_per_fill: perFill, fill_interval: duration(everySeconds * 1000) };
}

/** The first entry says which limit it is, the others for whom it counts. */
function actionsOf({ id, match, per }: RateLimitIR): Message[] {
  const which =
    match.length === 0
      ? { generic_key: { descriptor_key: limitKey, descriptor_value: id } }
      : {
          header_value_match: {
            descriptor_key: limitKey,
            descriptor_value: id,
            headers: match.map((rule) => translateHeader({ ...rule, invert: false })),
          },
        };
  return [which, ...per.map(keyAction)];
}

function keyAction(key: RateKeyIR): Message {
  if (key.kind === 'address') return { remote_address: {} };
  return { request_headers: { header_name: key.name, descriptor_key: nameOf(key) } };
}

const nameOf = (key: RateKeyIR) => (key.kind === 'address' ? 'remote_address' : key.name);
