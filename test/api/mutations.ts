import { isObject } from '../../src/model/json.ts';

/** Steps of a path of the schema: `http[].match[].headers{}.exact`. */
type Step = { readonly name: string; readonly each: '' | '[]' | '{}' };

const stepsOf = (path: string): readonly Step[] =>
  path.split('.').map((part) => {
    const each = part.endsWith('[]') ? '[]' : part.endsWith('{}') ? '{}' : '';
    return { name: each === '' ? part : part.slice(0, -2), each };
  });

/**
 * The spec as a translation would see it that does not read the field: without it wherever it stands; then, for fields that
 * must be there, with other values. Nothing when the field stands nowhere.
 */
export function* mutationsOf(spec: unknown, path: string): Generator<unknown> {
  const steps = stepsOf(path);
  const found = { any: false };
  const without = changed(spec, steps, () => undefined, found);
  if (!found.any) return;
  yield without;
  for (const other of others) {
    const seen = { any: false };
    yield changed(spec, steps, other, seen);
  }
}

/** What an enumeration, a host, a number, a list and a map may be instead. */
const others: readonly ((value: unknown) => unknown)[] = [
  (value) => (typeof value === 'number' ? value + 1 : typeof value === 'string' ? `other.${value}` : value),
  (value) => (Array.isArray(value) ? value.map((item) => (typeof item === 'string' ? `other.${item}` : item)) : value),
  (value) => (typeof value === 'string' ? `other-${value}` : value),
  (value) => (Array.isArray(value) ? value.slice(1) : typeof value === 'number' ? value - 1 : value),
  (value) => (typeof value === 'boolean' ? !value : value),
  (value) => (typeof value === 'string' ? nextOf(value) : value),
  (value) => (Array.isArray(value) ? value.map((item) => (typeof item === 'string' ? nextOf(item) : item)) : value),
  (value) => (isObject(value) ? Object.fromEntries(Object.keys(value).map((key) => [key, 'other'])) : value),
  (value) => (typeof value === 'string' && /^\d+(?:ms|s|m|h)$/.test(value) ? '7s' : value),
  (value) => (typeof value === 'string' ? (enumerations[value] ?? value) : value),
  (value) => (isObject(value) ? turned(value) : value),
];

/** The values of a map, each under another key: shares still have their sum. */
function turned(map: Readonly<Record<string, unknown>>): unknown {
  const values = Object.values(map);
  return Object.fromEntries(Object.keys(map).map((key, index) => [key, values[(index + 1) % values.length]]));
}

const enumerations: Readonly<Record<string, string>> = {
  ALLOW: 'DENY',
  MUTUAL: 'SIMPLE',
  SIMPLE: 'MUTUAL',
  HTTP: 'TCP',
  HTTPS: 'TLS',
  day: 'hour',
  authz: 'plaintext',
  plaintext: 'authz',
  bypass: 'authz',
};

/** Its last letter or digit, one further: of the same form, and another. */
function nextOf(text: string): string {
  return text.replace(/[a-y0-8](?=[^a-y0-8]*$)/, (last) => String.fromCharCode(last.charCodeAt(0) + 1));
}

function changed(
  value: unknown,
  steps: readonly Step[],
  change: (value: unknown) => unknown,
  found: { any: boolean },
): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || !isObject(value) || value[step.name] === undefined) return value;
  const inner = value[step.name];
  const go = (item: unknown): unknown => {
    if (rest.length > 0) return changed(item, rest, change, found);
    found.any = true;
    return change(item);
  };
  let next: unknown;
  if (step.each === '[]' && Array.isArray(inner)) next = inner.map(go);
  else if (step.each === '{}' && isObject(inner))
    next = Object.fromEntries(Object.entries(inner).map(([key, item]) => [key, go(item)]));
  else next = go(inner);
  const { [step.name]: _, ...others } = value;
  return next === undefined ? others : { ...value, [step.name]: next };
}
