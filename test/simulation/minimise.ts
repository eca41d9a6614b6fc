import type { JsonObject } from '../../src/model/json.ts';
import type { KubernetesObject, World } from './world/world.ts';

type Json = JsonObject[string];

/** A world of which no object and no field can be left out without that something ceases to be so; after at most `tries`. */
export async function minimise(
  world: World,
  holds: (world: World) => Promise<boolean> | boolean,
  tries = 150,
): Promise<World> {
  const search = new Search(world, holds, tries);
  // What most likely has no part in it goes all at once.
  for (const kind of new Set(world.map((object) => object.kind)))
    await search.attempt((best) => best.filter((one) => one.kind !== kind));
  for (const object of [...world].reverse()) await search.attempt((best) => best.filter((one) => one !== object));
  for (let index = 0; index < search.best.length; index += 1) while (await search.lighten(index));
  return search.best;
}

class Search {
  best: World;
  readonly #holds: (world: World) => Promise<boolean> | boolean;
  #left: number;

  constructor(world: World, holds: (world: World) => Promise<boolean> | boolean, tries: number) {
    this.best = world;
    this.#holds = holds;
    this.#left = tries;
  }

  async attempt(change: (best: World) => World): Promise<boolean> {
    const candidate = change(this.best);
    if (this.#left <= 0 || JSON.stringify(candidate) === JSON.stringify(this.best)) return false;
    this.#left -= 1;
    if (!(await this.#holds(candidate))) return false;
    this.best = candidate;
    return true;
  }

  /** One field less: the paths of a smaller object are no longer those of the greater one. */
  async lighten(index: number): Promise<boolean> {
    for (const path of pathsIn(this.best[index]))
      if (await this.attempt((best) => best.map((object, place) => (place === index ? lighter(object, path) : object))))
        return true;
    return false;
  }
}

/** What a user writes: the rest of a mesh would not be one without its fields. */
function pathsIn(object: KubernetesObject | undefined): Path[] {
  if (object === undefined) return [];
  const { apiVersion, kind, spec = null } = object;
  if (apiVersion.includes('istio.io')) return pathsOf(spec, ['spec']);
  const ports = kind === 'Service' ? Reflect.get(Object(spec), 'ports') : undefined;
  return Array.isArray(ports) && ports.length > 1 ? ports.map((_, index) => ['spec', 'ports', index]) : [];
}

type Path = readonly (string | number)[];

/** Of all that can be left out, the greater before its parts. */
function pathsOf(value: Json, at: Path): Path[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => [
      ...(value.length > 1 ? [[...at, index]] : []),
      ...pathsOf(item, [...at, index]),
    ]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...pathsOf(inner, [...at, key])]);
}

const lighter = (object: KubernetesObject, [, ...path]: Path): KubernetesObject => ({
  ...object,
  spec: without(object['spec'] ?? null, path),
});

function without(value: Json, [first, ...rest]: Path): Json {
  if (first === undefined) return value;
  if (Array.isArray(value))
    return rest.length === 0
      ? value.filter((_, index) => index !== first)
      : value.map((item, index) => (index === first ? without(item, rest) : item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (rest.length === 0) return Object.fromEntries(entries.filter(([key]) => key !== first));
  return Object.fromEntries(entries.map(([key, inner]) => [key, key === first ? without(inner, rest) : inner]));
}
