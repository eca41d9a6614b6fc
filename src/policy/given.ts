import { parseDuration } from '../schema/common/duration.ts';

/** Leaves out what is undefined: an IR holds only what was said. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

export const milliseconds = (value: string | undefined): number | undefined =>
  value === undefined ? undefined : parseDuration(value);
