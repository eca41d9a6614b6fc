import { matchesSelector } from '../model/label-selector.ts';
import type { PodView } from './match-conditions.ts';
import type { WebhookEntry } from './webhook-entries.ts';

/** Which entries the API server would call for a pod: its selectors and conditions, evaluated here. Pure. */
export function matchingEntries(
  entries: readonly WebhookEntry[],
  namespaceLabels: Readonly<Record<string, string>>,
  pod: PodView,
): WebhookEntry[] {
  return entries.filter(
    (entry) =>
      matchesSelector({ matchExpressions: entry.namespaceSelector }, namespaceLabels) &&
      matchesSelector({ matchExpressions: entry.objectSelector }, pod.labels) &&
      entry.conditions.every((condition) => condition.holds(pod)),
  );
}
