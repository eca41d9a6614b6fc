import type { Json } from '../model/json.ts';
import { parseQuantity } from '../model/quantity.ts';

/** A weight as SMI and Linkerd write it: `900m`, `1`, 90; undefined when it is none. */
export function parseWeight(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  return typeof value === 'string' ? parseQuantity(value) : undefined;
}

const largest = 1_000_000;

/** Whole numbers in the same proportions; what has a share at all keeps one. */
export function wholeWeights(weights: readonly number[]): readonly number[] {
  const milli = weights.map((weight) => Math.round(weight * 1000));
  const divisor = milli.reduce(greatest, 0) || 1;
  const sum = milli.reduce((total, weight) => total + weight, 0) / divisor;
  const scale = sum > largest ? largest / sum : 1;
  return milli.map((weight, index) => {
    const whole = Math.round((weight / divisor) * scale);
    return whole === 0 && (weights[index] ?? 0) > 0 ? 1 : whole;
  });
}

function greatest(left: number, right: number): number {
  let [a, b] = [left, right];
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
