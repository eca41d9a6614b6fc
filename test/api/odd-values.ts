import { isObject } from '../../src/model/json.ts';
import { printPath } from '../../src/schema/problem.ts';
import type { SourceObject } from '../../src/source/object-source.ts';
import type { ApiCase } from './proofs.ts';

/** What people and templates put into fields. */
export const oddValues: readonly unknown[] = [
  ...['', ' ', '-', '*', '~', '.', '../..', 'a'.repeat(300), 'ünï', '\u0000', '%', '{*}', '[', '(', '0', '-1', '1e9'],
  ...[
    '00:00',
    '::1',
    '0.0.0.0/0',
    'true',
    '999999h',
    '1ns',
    '0s',
    'spiffe://',
    'https://x/y?z',
    '%REQ(x)%',
    'a b',
    'a\nb',
    'a\rb',
  ],
  ...[0, 1, -1, 65_535, 65_536, 2_147_483_647, 4_294_967_295, 1e21, 0.5, null, true, [], {}, [''], { a: 'b' }],
];

type Path = readonly (string | number)[];

/** Every place of a value, whole parts included. */
function* placesIn(value: unknown, at: Path = []): Generator<Path> {
  if (at.length > 0) yield at;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value))
    yield* placesIn(inner, [...at, Array.isArray(value) ? Number(key) : key]);
}

function withValue(value: unknown, [step, ...rest]: Path, put: unknown): unknown {
  if (step === undefined) return put;
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? withValue(item, rest, put) : item));
  return isObject(value) ? { ...value, [step]: withValue(value[step], rest, put) } : value;
}

export interface OddCase {
  /** `Gateway/servers servers.0.hosts = "*"` */
  readonly name: string;
  /** Where the odd value stands: `spec.servers[0].hosts`. */
  readonly path: string;
  readonly subject: SourceObject;
  readonly objects: readonly SourceObject[];
}

/** The subject of a case with one odd value in it, drawn by `random` in [0, 1). */
export function oddCase({ name, subject, others }: ApiCase, random: () => number): OddCase {
  const places = [...placesIn(subject.object.spec)];
  const at = places[Math.floor(random() * places.length)] ?? [];
  const put = oddValues[Math.floor(random() * oddValues.length)];
  const object = { ...subject.object, spec: withValue(subject.object.spec, at, put) } as SourceObject['object'];
  const odd = { ...subject, object };
  return {
    name: `${name} ${at.join('.')} = ${JSON.stringify(put)}`,
    ...{ path: printPath(['spec', ...at]), subject: odd, objects: [...others, odd] },
  };
}

/** Park and Miller: the same cases for the same seed on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
