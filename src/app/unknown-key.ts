import { OutriggerError } from '../errors.ts';
import { nearest } from '../model/nearest.ts';
import type { ConfigKey } from './config-keys.ts';

/** OR1001 for a key that is none, with the nearest that is: by its whole path, or by its last part alone. */
export function unknownKey(path: string, keys: readonly ConfigKey[], origin: string): OutriggerError {
  const paths = keys.map((key) => key.path);
  const last = (whole: string) => whole.slice(whole.lastIndexOf('.') + 1);
  const sections = paths.flatMap((whole) => parentsOf(whole));
  const near =
    nearest(path, [...paths, ...sections]) ??
    paths.find((whole) => last(whole) === nearest(last(path), paths.map(last)));
  return new OutriggerError('OR1001', `there is no key ${path}${near === undefined ? '' : `; did you mean ${near}?`}`, {
    at: origin,
  });
}

function parentsOf(path: string): string[] {
  const parts = path.split('.');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
}

/** OR1001 for a variable `OUTRIGGER_…` that names no key. */
export function unknownVariable(name: string, keys: readonly ConfigKey[]): OutriggerError {
  const near = nearest(
    name,
    keys.map((key) => key.env),
  );
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return new OutriggerError('OR1001', `there is no key for this variable of the environment${hint}`, { at: name });
}
