import { fieldOf } from '../model/origin.ts';
import type { KindName, Resource } from '../schema/kinds.ts';
import { validate } from '../schema/validate.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { Reading } from './input.ts';
import { createdAt, textMapAt } from './json-fields.ts';
import type { RegistryProblem } from './registry-problem.ts';
import type { Config } from './snapshot.ts';

type ResourceOfKind<K extends KindName> = Extract<Resource, { readonly kind: K }>;

/** A resource of Istio's API, checked by its schema. An error keeps it out; a warning does not. */
export function readConfig<K extends KindName>(source: SourceObject): Reading<Config<ResourceOfKind<K>>> {
  const { namespace, name, object, origin } = source;
  const validation = validate(object);
  const problems = validation.problems.map(
    ({ severity, code, message, path }): RegistryProblem => ({
      ...{ severity, code, message, origin: path === '' ? origin : fieldOf(origin, path) },
    }),
  );
  if (validation.value === undefined) return { value: undefined, problems };
  const value = {
    ...{ namespace, name, createdAt: createdAt(object) },
    labels: textMapAt(object, 'metadata', 'labels'),
    annotations: textMapAt(object, 'metadata', 'annotations'),
    // The reader of a kind is given objects of that kind only.
    spec: validation.value.spec as Config<ResourceOfKind<K>>['spec'],
    origin,
  };
  return { value, problems };
}
