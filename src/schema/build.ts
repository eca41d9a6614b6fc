import { type Static, type TArray, type TObject, type TOptional, type TProperties, type TSchema, Type } from 'typebox';
import type { Check } from './problem.ts';

/**
 * The words that schemas of this folder are made of: TypeBox schemas with two keywords of our own.
 * `check` is a rule on the value once it has its type; `choices` are fields that exclude each other.
 */
export interface Choice {
  readonly of: readonly string[];
  /** One of them must be there. */
  readonly needed?: boolean;
}

interface MessageOptions<N extends TProperties, T> {
  readonly description: string;
  /** The fields that must be there. */
  readonly needs?: N;
  readonly choices?: readonly Choice[];
  readonly check?: Check<T>;
  /** Fields that are not listed are taken without a word. */
  readonly open?: boolean;
}

export type Fields<F extends TProperties> = { [K in keyof F]: TOptional<F[K]> };
export type Message<F extends TProperties, N extends TProperties> = TObject<Fields<F> & N>;
type NoFields = Record<never, TSchema>;

/** An object with known fields; all but those of `needs` may be left out, as in Protobuf. */
export function message<F extends TProperties, N extends TProperties = NoFields>(
  fields: F,
  options: MessageOptions<N, Static<Message<F, N>>>,
): Message<F, N> {
  const { needs, ...keywords } = options;
  const optional = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, Type.Optional(field)]));
  return Type.Object({ ...optional, ...needs } as Fields<F> & N, keywords) as Message<F, N>;
}

export const text = (description: string, check?: Check<string>) => Type.String(checked({ description }, check));
export const flag = (description: string) => Type.Boolean({ description });

/** A whole number of 32 bits without sign, unless narrower limits are given. */
export const whole = (description: string, limits: { minimum?: number; maximum?: number } = {}) =>
  Type.Integer({ minimum: 0, maximum: 4_294_967_295, ...limits, description });

export const int32 = (description: string, limits: { minimum?: number; maximum?: number } = {}) =>
  Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647, ...limits, description });

export const real = (description: string, limits: { minimum?: number; maximum?: number } = {}) =>
  Type.Number({ ...limits, description });

export const port = (description: string) => whole(description, { minimum: 1, maximum: 65_535 });

export const choice = <const V extends string[]>(values: readonly [...V], description: string, check?: Check<string>) =>
  Type.Enum(values, checked({ description }, check));

export const listOf = <S extends TSchema>(items: S, description: string, check?: Check<Static<S>[]>): TArray<S> =>
  Type.Array(items, checked({ description }, check));

export const texts = (description: string, check?: Check<string>) =>
  listOf(Type.String(checked({}, check)), description);

export const mapOf = <S extends TSchema>(values: S, description: string, check?: Check<Record<string, Static<S>>>) =>
  Type.Record(Type.String(), values, checked({ description }, check));

/** Zero and the empty text are values of it like others, and not "not set". */
export const withPresence = <S extends TSchema>(schema: S): S => ({ ...schema, hasPresence: true });

/** The same schema with another description. */
export const described = <S extends TSchema>(schema: S, description: string): S => ({ ...schema, description });

function checked<T>(options: { description?: string }, check: Check<T> | undefined): Record<string, unknown> {
  return check === undefined ? options : { ...options, check };
}
