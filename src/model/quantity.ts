/**
 * Kubernetes resource quantities
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
 */
const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const largest = 2 ** 63 - 1;

/** The number that a quantity stands for; undefined when it is none, negative, or beyond 2^63. */
export function parseQuantity(text: string): number | undefined {
  const match = /^\+?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([numkKMGTPE]i?|[eE][+-]?[0-9]{1,3})?$/.exec(text);
  if (match === null) return undefined;
  const [, digits = '', suffix = ''] = match;
  const exponent = /^[eE][+-]?[0-9]/.test(suffix);
  if (!exponent && !Object.hasOwn(suffixes, suffix)) return undefined;
  const value = exponent ? Number(`${digits}${suffix}`) : Number(digits) * (suffixes[suffix] ?? 1);
  return value <= largest ? value : undefined;
}
