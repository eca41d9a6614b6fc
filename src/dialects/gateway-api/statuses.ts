import type { JsonObject } from '../../model/json.ts';
import type { SourceObject } from '../../source/object-source.ts';

/** What is to be told of an object by its status. */
export interface Status {
  readonly source: SourceObject;
  /** Without the times of transitions. */
  readonly status: JsonObject;
}

/** A condition is good, or has a reason that it is not. */
export function condition(
  { object }: SourceObject,
  type: string,
  failed: { readonly reason: string; readonly message: string } | undefined,
): JsonObject {
  const { generation } = (object['metadata'] ?? {}) as JsonObject;
  return {
    ...{
      type,
      status: failed === undefined ? 'True' : 'False',
      reason: failed?.reason ?? type,
      message: failed?.message ?? '',
    },
    ...(typeof generation === 'number' ? { observedGeneration: generation } : {}),
  };
}
