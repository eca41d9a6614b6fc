import { isDeepStrictEqual } from 'node:util';
import { dialectKinds, kindKey } from '../schema/dialect-kinds.ts';
import { type ObjectChanges, objectKey, type SourceObject } from '../source/object-source.ts';
import type { DialectProblem } from './dialect.ts';
import type { Status } from './gateway-api/statuses.ts';
import { type Translation, translateDialects } from './translate.ts';
import { World } from './world.ts';

/** What dialects are written in, and what they refer to. */
const written = new Set(dialectKinds.map(({ group, kind, versions }) => kindKey(`${group}/${versions[0]}`, kind)));
const referred = new Set(['Service', 'Namespace', 'VirtualService', 'DestinationRule']);

export interface DialectStep {
  /** The given changes, and those of what was made from dialects. */
  readonly changes: ObjectChanges;
  /** All of now, where anything changed. */
  readonly problems: readonly DialectProblem[] | undefined;
  readonly statuses: readonly Status[] | undefined;
}

/**
 * Turns the resources of other dialects into those of Istio's API, as the mesh knows them from there on. It is made anew
 * when one of them, or what they refer to, changes; what comes out equal is no change. Without any it costs nothing.
 */
export class Dialects {
  readonly #domainSuffix: string;
  readonly #objects = new Map<string, SourceObject>();
  #made: ReadonlyMap<string, SourceObject> = new Map();
  #count = 0;

  constructor(domainSuffix: string) {
    this.#domainSuffix = domainSuffix;
  }

  apply(changes: ObjectChanges): DialectStep {
    let touched = false;
    for (const key of changes.removals) {
      if (!this.#objects.delete(key)) continue;
      touched = true;
      if (isWritten(key)) this.#count--;
    }
    for (const object of changes.upserts) {
      if (!written.has(object.kind) && !referred.has(object.kind)) continue;
      const key = objectKey(object);
      if (written.has(object.kind) && !this.#objects.has(key)) this.#count++;
      this.#objects.set(key, object);
      touched = true;
    }
    if (!touched || (this.#count === 0 && this.#made.size === 0 && !changes.removals.some(isWritten)))
      return { changes, problems: undefined, statuses: undefined };
    return this.#translate(changes);
  }

  /** A fault of ours in one dialect must not keep the rest of the mesh from its changes: what was made stays, and it is told. */
  #translated(): Translation {
    try {
      return translateDialects(new World(this.#domainSuffix, this.#objects));
    } catch (error) {
      const message = `resources of other dialects are as they were before: ${error instanceof Error ? error.message : String(error)}`;
      const origin = { kind: 'Gateway', namespace: '', name: '' };
      return {
        objects: [...this.#made.values()],
        statuses: [],
        problems: [{ severity: 'error', code: 'OR1901', message, origin }],
      };
    }
  }

  #translate({ upserts, removals }: ObjectChanges): DialectStep {
    const { objects, problems, statuses } = this.#translated();
    const before = this.#made;
    const made = new Map(objects.map((object) => [objectKey(object), object]));
    const changed = [...made].filter(([key, object]) => !isDeepStrictEqual(before.get(key), object));
    const gone = [...before.keys()].filter((key) => !made.has(key));
    this.#made = made;
    return {
      changes: { upserts: [...upserts, ...changed.map(([, object]) => object)], removals: [...removals, ...gone] },
      problems,
      statuses,
    };
  }
}

const isWritten = (key: string) => written.has(key.slice(0, key.indexOf(' ')));
