import { InvalidArgumentError } from 'commander';
import type { Finding } from '../analysis/finding.ts';

/** `OR3001=VirtualService shop/cart`; Istio's form `VirtualService cart.shop`, and stars, too. */
export interface Suppression {
  readonly code: string;
  readonly kind: string;
  readonly name: RegExp;
}

export function readSuppression(text: string): Suppression {
  const [, code, kind, name] = /^([A-Z*]+\d*)=([A-Za-z*]+) (\S+)$/.exec(text.trim()) ?? [];
  if (code === undefined || kind === undefined || name === undefined)
    throw new InvalidArgumentError('It has to be CODE=KIND NAMESPACE/NAME, like "OR3001=VirtualService shop/cart".');
  const pattern = name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return { code, kind, name: new RegExp(`^${pattern}$`) };
}

export function isSuppressed({ code, origin }: Finding, suppressions: readonly Suppression[]): boolean {
  const { kind, namespace, name } = origin;
  const names = namespace === '' ? [name] : [`${namespace}/${name}`, `${name}.${namespace}`];
  return suppressions.some(
    (one) =>
      (one.code === '*' || one.code === code) &&
      (one.kind === '*' || one.kind.toLowerCase() === kind.toLowerCase()) &&
      names.some((text) => one.name.test(text)),
  );
}

/** Istio's annotation on a resource, and ours: `OR3001,OR3003` or `*`. */
export function suppressedBy(annotations: Readonly<Record<string, string>>): readonly string[] {
  const given = [annotations['galley.istio.io/analyze-suppress'], annotations['outrigger.io/analyze-suppress']];
  return given.flatMap((text) => (text ?? '').split(',').map((code) => code.trim())).filter((code) => code !== '');
}
