/** Envoy refuses endpoints whose weights add up to more. */
const most = 4_294_967_295;

/** Weights in the same proportion, as near as whole numbers are, whose sum fits into 32 bits; none is less than 1. */
export function boundedWeights(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum <= most) return weights;
  // Room for those that are lifted to 1.
  const factor = (most - weights.length) / sum;
  return weights.map((weight) => Math.max(1, Math.floor(weight * factor)));
}
