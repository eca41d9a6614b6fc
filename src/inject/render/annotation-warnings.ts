import { nearest } from '../../model/nearest.ts';
import { annotationCatalogue, annotationPrefixes } from './annotation-catalogue.ts';

/** At most this many keys are reported one by one: a pod may carry ten thousand annotations. */
const limit = 20;

/** What a user should hear of the annotations of a pod that have no effect: reported ones and unknown ones. */
export function annotationWarnings(annotations: Readonly<Record<string, string>>): string[] {
  const warnings: string[] = [];
  let further = 0;
  for (const key of Object.keys(annotations)) {
    const warning = warningFor(key);
    if (warning === undefined) continue;
    if (warnings.length < limit) warnings.push(warning);
    else further++;
  }
  if (further > 0) warnings.push(`${further} further annotations have no effect either.`);
  return warnings;
}

function warningFor(key: string): string | undefined {
  if (Object.hasOwn(annotationCatalogue, key)) {
    const entry = annotationCatalogue[key];
    return entry?.state === 'reported' ? `Annotation ${key} has no effect: ${entry.text}.` : undefined;
  }
  if (!annotationPrefixes.some((prefix) => key.startsWith(prefix))) return undefined;
  const near = nearest(key, Object.keys(annotationCatalogue));
  return `Annotation ${key} is unknown and has no effect${near === undefined ? '' : `; did you mean ${near}?`}`;
}
