import { nearest } from '../../model/nearest.ts';
import { annotationCatalogue, annotationPrefixes } from './annotation-catalogue.ts';

/** At most this many keys are reported one by one: a pod may carry ten thousand annotations. */
const limit = 20;

/** What a user should hear of the annotations of a pod that have no effect: reported ones and unknown ones. */
export function annotationWarnings(annotations: Readonly<Record<string, string>>): string[] {
  const idle = Object.keys(annotations).filter(hasNoEffect);
  const warnings = idle.slice(0, limit).map(explain);
  if (idle.length > limit) warnings.push(`${idle.length - limit} further annotations have no effect either.`);
  return warnings;
}

function hasNoEffect(key: string): boolean {
  if (Object.hasOwn(annotationCatalogue, key)) return annotationCatalogue[key]?.state === 'reported';
  return annotationPrefixes.some((prefix) => key.startsWith(prefix));
}

function explain(key: string): string {
  if (Object.hasOwn(annotationCatalogue, key))
    return `Annotation ${key} has no effect: ${annotationCatalogue[key]?.text}.`;
  const near = nearest(key, Object.keys(annotationCatalogue));
  return `Annotation ${key} is unknown and has no effect${near === undefined ? '' : `; did you mean ${near}?`}`;
}
