/**
 * Values as Go's parsers take them, since Istio's annotations are read by Go: `strconv.ParseBool`,
 * `strconv.ParseUint`. Undefined means: not a value.
 */
const booleans: Readonly<Record<string, boolean>> = {
  '1': true,
  t: true,
  T: true,
  TRUE: true,
  true: true,
  True: true,
  '0': false,
  f: false,
  F: false,
  FALSE: false,
  false: false,
  False: false,
};

export function parseBool(text: string): boolean | undefined {
  return Object.hasOwn(booleans, text) ? booleans[text] : undefined;
}

/** Decimal digits only: no sign, no space, no underscore; at most `bits` bits. */
export function parseUint(text: string, bits: 16 | 32): number | undefined {
  if (!/^[0-9]{1,20}$/.test(text)) return undefined;
  const value = Number(text);
  return value < 2 ** bits ? value : undefined;
}
