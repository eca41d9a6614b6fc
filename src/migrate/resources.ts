import { type Origin, printOrigin } from '../model/origin.ts';
import { unimplementedIn } from '../policy/unimplemented.ts';
import { scopeOf } from '../source/known-kinds.ts';
import type { SourceObject } from '../source/object-source.ts';
import { groupOf, type MigrationInput, placeOf } from './migration-input.ts';
import { gathered, type MigrationParts } from './report.ts';

/** Kinds of a group: those that are read, those that are read but for a field, and those that nothing reads. */
export function resources(input: MigrationInput, isOfMesh: (group: string) => boolean, advice: Advice): MigrationParts {
  const ours = input.objects.filter((object) => isOfMesh(groupOf(object)));
  const read = ours.filter(({ apiVersion, kind }) => scopeOf(apiVersion, kind) !== undefined);
  const unread = ours.filter((object) => !read.includes(object));
  const fields = read.flatMap(({ kind, object, origin }) =>
    unimplementedIn({ kind, spec: object.spec }).map(({ path, message }) => ({
      ...{ subject: kind, text: message, place: printOrigin({ ...origin, field: path }), key: keyOf(origin) },
    })),
  );
  const kinds = new Set(read.map(({ kind }) => kind));
  const problems = input.problems.filter(({ origin }) => kinds.has(origin.kind));
  const told = new Set([...problems.map(({ origin }) => keyOf(origin)), ...fields.map(({ key }) => key)]);
  const itemOf = ({ code, message, origin }: (typeof problems)[number]) => ({
    ...{ subject: origin.kind, text: `${code} ${message}`, place: printOrigin(origin) },
  });
  return {
    unchanged: counted(read.filter(({ origin }) => !told.has(keyOf(origin)))),
    differs: gathered([...fields, ...problems.filter(({ severity }) => severity === 'warning').map(itemOf)]),
    unsupported: gathered([
      ...unread.map((object) => ({ subject: object.kind, text: adviceFor(object, advice), place: placeOf(object) })),
      // It is not in force, as it would not have been let into a cluster.
      ...problems.filter(({ severity }) => severity === 'error').map(itemOf),
    ]),
  };
}

const keyOf = ({ kind, namespace, name }: Origin): string => `${kind} ${namespace}/${name}`;

/** What to write instead of a kind, by `group Kind`. */
export type Advice = Readonly<Record<string, string>>;

function adviceFor(object: SourceObject, advice: Advice): string {
  const key = `${groupOf(object)} ${object.kind}`;
  return Object.hasOwn(advice, key) ? (advice[key] ?? '') : `${object.apiVersion} is not read`;
}

function counted(objects: readonly SourceObject[]): MigrationParts['unchanged'] {
  return gathered(objects.map((object) => ({ subject: object.kind, text: 'read as it is', place: placeOf(object) })));
}
