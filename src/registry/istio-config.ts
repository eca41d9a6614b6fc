import { isObject, type JsonObject } from '../model/json.ts';
import { fieldOf } from '../model/origin.ts';
import type { AuthorizationPolicy, KindName, Resource } from '../schema/kinds.ts';
import { validate } from '../schema/validate.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { Reading, StandIn } from './input.ts';
import { createdAt, fieldAt, textMapAt } from './json-fields.ts';
import type { RegistryProblem } from './registry-problem.ts';
import type { Config } from './snapshot.ts';

type ResourceOfKind<K extends KindName> = Extract<Resource, { readonly kind: K }>;

/**
 * A resource of Istio's API, checked by its schema. An error keeps it out; a warning does not. An
 * AuthorizationPolicy with an error has a stand-in: left out it would let everybody in. One of a root namespace holds
 * for every namespace.
 */
export function readConfig<K extends KindName>(
  source: SourceObject,
  rootNamespaces: readonly string[] = [],
): Reading<Config<ResourceOfKind<K>>> {
  const { namespace, name, object, origin } = source;
  const validation = validate(object);
  const problems = validation.problems.map(
    ({ severity, code, message, path }): RegistryProblem => ({
      ...{ severity, code, message, origin: path === '' ? origin : fieldOf(origin, path) },
    }),
  );
  const about = {
    ...{ namespace, name, createdAt: createdAt(object) },
    labels: textMapAt(object, 'metadata', 'labels'),
    annotations: textMapAt(object, 'metadata', 'annotations'),
    origin,
  };
  // The reader of a kind is given objects of that kind only.
  type Spec = Config<ResourceOfKind<K>>['spec'];
  if (validation.value !== undefined) return { value: { ...about, spec: validation.value.spec as Spec }, problems };
  const everywhere = rootNamespaces.includes(namespace);
  const closed = source.kind === 'AuthorizationPolicy' ? closedPolicy(object, everywhere) : undefined;
  const standIn: StandIn<Config<ResourceOfKind<K>>> | undefined =
    closed === undefined ? undefined : { value: { ...about, spec: closed.value as Spec }, note: closed.note };
  return { value: undefined, problems, standIn };
}

/** Undefined for what forbids nothing here when it is right: an audit, and what is attached to a Gateway or Service. */
function closedPolicy(object: JsonObject, everywhere: boolean): StandIn<AuthorizationPolicy['spec']> | undefined {
  const action = fieldAt(object, 'spec', 'action') ?? 'ALLOW';
  if (action === 'AUDIT' || isAttached(object)) return undefined;
  const matchLabels = selectedLabels(object);
  const where = everywhere ? ' of the whole mesh' : matchLabels === undefined ? ' of its namespace' : '';
  const whom = `${matchLabels === undefined ? 'all pods' : 'the pods that it selects'}${where}`;
  return {
    value: {
      ...(matchLabels === undefined ? {} : { selector: { matchLabels } }),
      // Beside another policy that allows, only a denial lets nobody in; a broken permission just permits nothing.
      ...(action === 'ALLOW' ? { action } : { action: 'DENY', rules: [{}] }),
    },
    note: `until it is right ${action === 'ALLOW' ? 'it lets nobody in' : 'nobody is let in'} to ${whom}`,
  };
}

function isAttached(object: JsonObject): boolean {
  const targets = fieldAt(object, 'spec', 'targetRefs');
  const attached = isObject(fieldAt(object, 'spec', 'targetRef')) || (Array.isArray(targets) && targets.length > 0);
  return attached && fieldAt(object, 'spec', 'selector') === undefined;
}

/** Undefined for all pods, which is also what holds when the labels cannot be read. */
function selectedLabels(object: JsonObject): Record<string, string> | undefined {
  const labels = fieldAt(object, 'spec', 'selector', 'matchLabels');
  if (!isObject(labels) || Object.keys(labels).length === 0) return undefined;
  const texts = textMapAt(labels);
  return Object.keys(texts).length === Object.keys(labels).length ? texts : undefined;
}
