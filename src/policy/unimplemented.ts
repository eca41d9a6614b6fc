import type { KindName } from '../schema/kinds.ts';
import { type Problem, printPath, type Segment } from '../schema/problem.ts';
import { authorizationPolicyFields } from './authorization/fields.ts';
import { destinationRuleFields } from './destination-rule/fields.ts';
import { emergencyFields } from './emergency/fields.ts';
import { envoyFilterFields } from './envoy-filter/fields.ts';
import type { FieldEffects } from './field-effects.ts';
import { gatewayFields } from './gateway/fields.ts';
import { peerAuthenticationFields } from './peer-authentication/fields.ts';
import { proxyConfigFields } from './proxy-config/fields.ts';
import { rateLimitFields } from './rate-limit/fields.ts';
import { requestAuthenticationFields } from './request-authentication/fields.ts';
import { serviceEntryFields } from './service-entry/fields.ts';
import { sidecarFields } from './sidecar/fields.ts';
import { telemetryFields } from './telemetry/fields.ts';
import { virtualServiceFields } from './virtual-service/fields.ts';
import { workloadEntryFields } from './workload-entry/fields.ts';
import { workloadGroupFields } from './workload-group/fields.ts';

/** What each kind's fields do. */
export const fieldEffects: Readonly<Record<KindName, FieldEffects>> = {
  VirtualService: virtualServiceFields,
  DestinationRule: destinationRuleFields,
  Gateway: gatewayFields,
  ServiceEntry: serviceEntryFields,
  Sidecar: sidecarFields,
  WorkloadEntry: workloadEntryFields,
  WorkloadGroup: workloadGroupFields,
  PeerAuthentication: peerAuthenticationFields,
  AuthorizationPolicy: authorizationPolicyFields,
  RequestAuthentication: requestAuthenticationFields,
  Telemetry: telemetryFields,
  EnvoyFilter: envoyFilterFields,
  ProxyConfig: proxyConfigFields,
  RateLimit: rateLimitFields,
  Emergency: emergencyFields,
};

/** The fields of a valid resource that have no effect yet, as warnings: the resource is in force but for them. */
export function unimplementedIn({ kind, spec }: ResourceLike): readonly Problem[] {
  if (!isKnown(kind)) return [];
  const { notYet, values } = fieldEffects[kind];
  const fields = Object.entries(notYet).map(([path, instead]) => {
    const message = `${lastName(path)} has no effect yet: ${instead}`;
    return { path, message, isMeant: () => true };
  });
  return [...fields, ...values].flatMap(({ path, message, isMeant }) =>
    placesOf(spec, path)
      .filter(({ value, beside }) => isMeant(value, spec, beside))
      .map((place) => warning(place, message)),
  );
}

/** A resource, or what the registry made of one, whose kind is that of its origin. */
export interface ResourceLike {
  readonly kind: string;
  readonly spec: unknown;
}

const isKnown = (kind: string): kind is KindName => Object.hasOwn(fieldEffects, kind);
const lastName = (path: string) => path.slice(path.lastIndexOf('.') + 1).replace(/\[\]$|\{\}$/, '');

function warning({ at, value }: Place, message: string): Problem {
  return { severity: 'warning', code: 'OR2404', path: printPath(['spec', ...at]), value, message };
}

interface Place {
  readonly at: readonly Segment[];
  readonly value: unknown;
  /** The message that it is a field of. */
  readonly beside: Readonly<Record<string, unknown>>;
}

/** Where a path of the schema stands in a value. */
function placesOf(spec: unknown, path: string): readonly Place[] {
  return path
    .split('.')
    .reduce<readonly Place[]>(
      (places, step) => places.flatMap((place) => stepsOf(place, step)),
      [{ at: [], value: spec, beside: {} }],
    );
}

function stepsOf({ at, value }: Place, step: string): Place[] {
  const name = step.replace(/\[\]$|\{\}$/, '');
  const found = entryOf(value, name);
  if (found === undefined) return [];
  const here = [...at, name];
  const beside = { ...(value as object) };
  if (name === step) return [{ at: here, value: found, beside }];
  if (step.endsWith('[]'))
    return Array.isArray(found) ? found.map((item, index) => ({ at: [...here, index], value: item, beside })) : [];
  return Object.entries(found as object).map(([key, item]) => ({ at: [...here, key], value: item, beside }));
}

function entryOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
