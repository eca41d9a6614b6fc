import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { SourceObject } from '../../src/source/object-source.ts';
import { objectsOf } from '../mesh-fixture.ts';
import { mutationsOf } from './mutations.ts';
import { type Outcome, outcomeOf } from './outcome.ts';

const folder = join(import.meta.dirname, 'cases');
export const world = objectsOf(readFileSync(join(import.meta.dirname, 'world.yaml'), 'utf8'), 'world.yaml');

/** A file of `cases/<kind>/`: its first object is the one that is looked at, the rest stands around it. */
export interface ApiCase {
  readonly kind: string;
  /** `VirtualService/http-routes` */
  readonly name: string;
  readonly subject: SourceObject;
  readonly others: readonly SourceObject[];
}

export function casesOf(kind: string): readonly ApiCase[] {
  return readdirSync(join(folder, kind))
    .sort()
    .map((file) => {
      const [subject, ...others] = objectsOf(readFileSync(join(folder, kind, file), 'utf8'), file);
      if (subject?.kind !== kind) throw new Error(`${kind}/${file} does not begin with a ${kind}`);
      const of = { kind, name: `${kind}/${file.replace(/\.yaml$/, '')}`, subject, others };
      outcome(of);
      return of;
    });
}

export interface Proof {
  readonly field: string;
  /** The case that shows it. */
  readonly shownBy: string;
  /** What proxies have with the field and not without it, and the other way round: the lines of its part of the translation. */
  readonly lines: readonly string[];
}

const outcomes = new Map<ApiCase, Outcome>();

function outcome(of: ApiCase): Outcome {
  const known = outcomes.get(of) ?? outcomeOf([...world, ...of.others, of.subject]);
  if (known === undefined) throw new Error(`${of.name} is refused`);
  outcomes.set(of, known);
  return known;
}

/** The first case in which proxies get something else when the field is not read. */
export function proofOf(field: string, cases: readonly ApiCase[]): Proof | undefined {
  for (const candidate of cases) {
    const { spec } = candidate.subject.object;
    for (const [turn, mutated] of [...mutationsOf(spec, field)].entries()) {
      if (isDeepStrictEqual(mutated, spec)) continue;
      const object = { ...candidate.subject.object, spec: mutated } as SourceObject['object'];
      const without = outcomeOf([...world, ...candidate.others, { ...candidate.subject, object }]);
      // Refused: it must be there, so another value has to tell.
      if (without === undefined) continue;
      const lines = difference(outcome(candidate), without);
      if (lines.length > 0) return { field, shownBy: candidate.name, lines };
      // Left out and not missed: that another value is seen proves nothing then.
      if (turn === 0) break;
    }
  }
  return undefined;
}

function difference(before: Outcome, after: Outcome): string[] {
  const gained = [...before].filter((line) => !after.has(line)).map((line) => `+ ${line}`);
  const lost = [...after].filter((line) => !before.has(line)).map((line) => `- ${line}`);
  return [...gained, ...lost];
}
