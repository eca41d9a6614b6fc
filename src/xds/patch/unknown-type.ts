import { isKnownType } from '../encode/converter.ts';
import { isObject, wellKnown } from '../encode/well-known.ts';

/**
 * The first `@type` in a message that we know nothing of. In a resource it travels as it is, for Envoy to judge; in a bootstrap
 * it stops a proxy that has it not. Pure.
 */
export function unknownType(value: unknown): string | undefined {
  if (Array.isArray(value)) return firstOf(value);
  if (!isObject(value)) return undefined;
  const { '@type': url } = value;
  const type = typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : undefined;
  if (type !== undefined && !isKnownType(type) && wellKnown[type] === undefined) return type;
  return firstOf(Object.values(value));
}

function firstOf(values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const found = unknownType(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
