import type { JsonObject } from '../model/json.ts';
import { conditionOf, listAt, numberAt, textAt } from './fields.ts';

/** Why an object is not ready yet; undefined when it is, or when its kind has no such thing. Pure. */
export function whyNotReady(object: JsonObject): string | undefined {
  if (object['kind'] === 'CustomResourceDefinition') return whyNotEstablished(object);
  if (object['kind'] === 'Deployment') return whyNotAvailable(object);
  return undefined;
}

function whyNotEstablished(object: JsonObject): string | undefined {
  if (conditionOf(object, 'Established') === 'True') return undefined;
  return conditionOf(object, 'NamesAccepted') === 'False' ? 'another kind has its names' : 'it is not established yet';
}

function whyNotAvailable(object: JsonObject): string | undefined {
  const wanted = numberAt(object, 'spec', 'replicas');
  const seen = numberAt(object, 'status', 'observedGeneration') >= numberAt(object, 'metadata', 'generation');
  if (!seen) return 'its controller has not seen it yet';
  const [updated, available] = ['updatedReplicas', 'availableReplicas'].map((key) => numberAt(object, 'status', key));
  if ((updated ?? 0) >= wanted && (available ?? 0) >= wanted) return undefined;
  const failure = listAt(object, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') === 'ReplicaFailure' && textAt(condition, 'status') === 'True',
  );
  const why = textAt(failure, 'message');
  return `${available ?? 0} of ${wanted} replicas are available${why === '' ? '' : ` (${why})`}`;
}
