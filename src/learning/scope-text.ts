import { isObject, type Json } from '../model/json.ts';
import { type LearntScope, type LearntScopes, type Use, useKey } from './scope.ts';

/**
 * The scopes of one namespace as they are kept, `{"version": 1, "workloads": {"reviews-v1": {...}}}`: sorted, so that
 * equal scopes are equal text.
 */
export function printScopes(scopes: LearntScopes): string {
  const workloads = [...scopes]
    .map(([workload, scope]) => [workload.slice(workload.indexOf('/') + 1), scope] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, { labels, sampled, uses }]) => {
      const list = [...uses.values()].sort((left, right) => (useKey(left) < useKey(right) ? -1 : 1));
      return [name, { labels, sampled, uses: list.map(({ kind, name, service, day }) => [kind, name, service, day]) }];
    });
  return `${JSON.stringify({ version: 1, workloads: Object.fromEntries(workloads) }, null, 1)}\n`;
}

/** What can be read of it: whoever may write it may write anything. Undefined when nothing can. */
export function readScopes(namespace: string, text: string): LearntScopes | undefined {
  const document = parse(text);
  if (!isObject(document) || document['version'] !== 1 || !isObject(document['workloads'])) return undefined;
  return new Map(
    Object.entries(document['workloads']).flatMap(([name, value]) => {
      const scope = nameForm.test(name) ? readScope(value) : undefined;
      return scope === undefined ? [] : [[`${namespace}/${name}`, scope]];
    }),
  );
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const nameForm = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const dayForm = /^\d{4}-\d{2}-\d{2}$/;
const longestName = 600;

function readScope(value: Json): LearntScope | undefined {
  if (!isObject(value) || !Array.isArray(value['uses'])) return undefined;
  const { labels, sampled } = value;
  const uses = value['uses'].flatMap((entry) => readUse(entry) ?? []);
  return {
    labels: isObject(labels)
      ? Object.fromEntries(
          Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
        )
      : {},
    sampled: typeof sampled === 'string' && dayForm.test(sampled) ? sampled : '',
    uses: new Map(uses.map((use) => [useKey(use), use])),
  };
}

function readUse(value: Json): Use | undefined {
  if (!Array.isArray(value)) return undefined;
  const [kind, name, service, day] = value;
  if (kind !== 'cluster' && kind !== 'virtualHost') return undefined;
  if (typeof name !== 'string' || name === '' || name.length > longestName) return undefined;
  if (typeof service !== 'string' || service.length > longestName) return undefined;
  return typeof day === 'string' && dayForm.test(day) ? { kind, name, service, day } : undefined;
}
