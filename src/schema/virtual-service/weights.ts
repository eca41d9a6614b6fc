import type { Report, Segment } from '../problem.ts';

/** Weights are shares of their sum; a single destination needs none. */
export function checkWeights(
  routes: readonly { readonly weight?: number }[],
  place: { readonly at: readonly Segment[]; readonly report: Report },
): void {
  const sum = routes.reduce((total, route) => total + (route.weight ?? 0), 0);
  if (routes.length > 1 && sum === 0)
    place.report({ at: place.at, code: 'OR1651', message: 'at least one destination must have a weight above 0' });
  if (sum > 4_294_967_295)
    place.report({ at: place.at, code: 'OR1651', message: 'the weights must sum up to at most 4294967295' });
}
