import { stringify } from 'yaml';
import type { KubernetesObject } from './kubernetes-object.ts';

/**
 * For `kubectl apply -f -` and for Git: no time, no random, no alias, so that equal objects print equally. YAML 1.1,
 * as kubectl reads it: a text like `on` or `1:30` gets quotes.
 */
export function printManifests(objects: readonly KubernetesObject[], format: 'yaml' | 'json'): string {
  if (format === 'json') return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2)}\n`;
  const documents = objects.map((object) =>
    stringify(object, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 }),
  );
  return documents.join('---\n');
}
