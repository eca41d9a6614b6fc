import { OutriggerError } from '../errors.ts';
import type { Surroundings } from '../inject/object-injection.ts';
import type { ClusterFacts } from '../model/pod.ts';

export interface GivenNamespace {
  /** For objects that name none. */
  readonly namespace: string | undefined;
  /** In place of what the source knows. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/** Facts of the namespace of an object: what the caller gives, else what the source knows, else OR1111. */
export function namespaceFacts(
  facts: Pick<ClusterFacts, 'namespace'>,
  given: GivenNamespace,
): Surroundings['namespaceOf'] {
  return (named) => {
    const name = named ?? given.namespace ?? 'default';
    const known = facts.namespace(name);
    if (known === undefined && given.labels === undefined && given.annotations === undefined)
      return { name, error: new OutriggerError('OR1111', `namespace ${JSON.stringify(name)} does not exist`) };
    return {
      name,
      labels: given.labels ?? known?.labels ?? {},
      annotations: given.annotations ?? known?.annotations ?? {},
    };
  };
}

/** `k=v,k=v`. @throws OutriggerError OR1210 */
export function parsePairs(text: string, at: string): Record<string, string> {
  const entries = text
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new OutriggerError('OR1210', `${JSON.stringify(pair)} is not key=value`, { at });
      return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
    });
  return Object.fromEntries(entries);
}
