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

/**
 * What can be read of it: whoever may write it may write anything. Days later than `latest` count as that. Undefined when
 * nothing can be read.
 */
export function readScopes(namespace: string, text: string, latest = '9999-12-31'): LearntScopes | undefined {
  const document = parse(text);
  if (!isObject(document) || document['version'] !== 1 || !isObject(document['workloads'])) return undefined;
  return new Map(
    Object.entries(document['workloads']).flatMap(([name, value]) => {
      const scope = nameForm.test(name) ? readScope(value, latest) : undefined;
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
const visible = /^[\x21-\x7e]+$/;
/** `<namespace>/<host>`, the host of a service or with a star at its start. */
const serviceForm = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/(\*\.?)?[A-Za-z0-9_]([-.A-Za-z0-9_]{0,251}[A-Za-z0-9_])?$/;

function readScope(value: Json, latest: string): LearntScope | undefined {
  if (!isObject(value) || !Array.isArray(value['uses'])) return undefined;
  const { labels, sampled } = value;
  const uses = value['uses'].flatMap((entry) => readUse(entry, latest) ?? []);
  return {
    labels: isObject(labels)
      ? Object.fromEntries(
          Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
        )
      : {},
    sampled: typeof sampled === 'string' && isDay(sampled) ? earlier(sampled, latest) : '',
    uses: new Map(uses.map((use) => [useKey(use), use])),
  };
}

function readUse(value: Json, latest: string): Use | undefined {
  if (!Array.isArray(value)) return undefined;
  const [kind, name, service, day] = value;
  if (kind !== 'cluster' && kind !== 'virtualHost') return undefined;
  if (typeof name !== 'string' || name.length > longestName || !visible.test(name)) return undefined;
  if (typeof service !== 'string' || (service !== '' && !serviceForm.test(service))) return undefined;
  return typeof day === 'string' && isDay(day) ? { kind, name, service, day: earlier(day, latest) } : undefined;
}

const isDay = (text: string) => dayForm.test(text) && !Number.isNaN(Date.parse(text));
const earlier = (day: string, latest: string) => (day < latest ? day : latest);
