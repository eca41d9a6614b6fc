/** Where a value comes from: the resource that states it, and the field of it. Every IR node and xDS resource has one. */
export interface Origin {
  readonly kind: string;
  /** '' for what is of the whole cluster. */
  readonly namespace: string;
  readonly name: string;
  readonly generation?: number;
  /** `spec.http[0].route[1]`, where it is known. */
  readonly field?: string;
  /** `file:line:column` when the resource came from a file. */
  readonly at?: string;
}

/** `VirtualService default/reviews spec.http[0] (reviews.yaml:3:1)` */
export function printOrigin(origin: Origin): string {
  const name = origin.namespace === '' ? origin.name : `${origin.namespace}/${origin.name}`;
  const field = origin.field === undefined ? '' : ` ${origin.field}`;
  const at = origin.at === undefined ? '' : ` (${origin.at})`;
  return `${origin.kind} ${name}${field}${at}`;
}

export function fieldOf(origin: Origin, field: string): Origin {
  return { ...origin, field };
}
