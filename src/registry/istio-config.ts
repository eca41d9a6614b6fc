import { fieldOf } from '../model/origin.ts';
import type { KindName, Resource } from '../schema/kinds.ts';
import type { SourceObject } from '../source/object-source.ts';
import { closedResource } from './closed-resources.ts';
import type { Reading, StandIn } from './input.ts';
import { createdAt, textMapAt } from './json-fields.ts';
import type { RegistryProblem } from './registry-problem.ts';
import type { Config } from './snapshot.ts';
import { validated } from './validated.ts';

type ResourceOfKind<K extends KindName> = Extract<Resource, { readonly kind: K }>;

/**
 * A resource of Istio's API, checked by its schema. An error keeps it out; a warning does not. What
 * guards something has a stand-in while it has an error: left out it would let everybody in. One of a root namespace
 * holds for every namespace.
 */
export function readConfig<K extends KindName>(
  source: SourceObject,
  rootNamespaces: readonly string[] = [],
): Reading<Config<ResourceOfKind<K>>> {
  const { namespace, name, object, origin } = source;
  const validation = validated(object);
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
    ...(source.ruleOrigins === undefined ? {} : { ruleOrigins: source.ruleOrigins }),
  };
  // The reader of a kind is given objects of that kind only.
  type Spec = Config<ResourceOfKind<K>>['spec'];
  if (validation.value !== undefined) return { value: { ...about, spec: validation.value.spec as Spec }, problems };
  const closed = closedResource(source.kind, object, rootNamespaces.includes(namespace));
  const standIn: StandIn<Config<ResourceOfKind<K>>> | undefined =
    closed === undefined ? undefined : { value: { ...about, spec: closed.value as Spec }, note: closed.note };
  return { value: undefined, problems, standIn };
}
