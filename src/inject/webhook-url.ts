import { OutriggerError } from '../errors.ts';

const none: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Istio's parameters in the webhook URL, names as written (`cluster`, `net`, any other): the path after
 * `/inject/` is `name/value/name/value`, `--slash--` in a value stands for `/`; the older form is
 * `:ENV:name=value:ENV:name=value`. Throws OR1112 where Istio would silently leave a rest out.
 */
export function parseUrlParameters(remainder: string): Readonly<Record<string, string>> {
  const path = remainder.replace(/\/+$/, '');
  if (path === '') return none;
  const pairs = path.startsWith(':ENV:') ? legacyPairs(path) : pathPairs(path);
  for (const [name] of pairs) {
    if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) {
      throw new OutriggerError('OR1112', `${JSON.stringify(name.slice(0, 64))} is no name of a parameter`);
    }
  }
  return Object.fromEntries(pairs);
}

function pathPairs(path: string): [string, string][] {
  const parts = path.split('/');
  if (parts.length % 2 === 1) {
    throw new OutriggerError('OR1112', `${JSON.stringify(parts.at(-1)?.slice(0, 64))} has no value after it`);
  }
  const pairs: [string, string][] = [];
  for (let index = 0; index < parts.length; index += 2) {
    pairs.push([parts[index] ?? '', (parts[index + 1] ?? '').replaceAll('--slash--', '/')]);
  }
  return pairs;
}

function legacyPairs(path: string): [string, string][] {
  return path
    .split(':ENV:')
    .slice(1)
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new OutriggerError('OR1112', `${JSON.stringify(pair.slice(0, 64))} has no "="`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    });
}
