/** Quantities as Kubernetes writes them. */
const units: Readonly<Record<string, number>> = {
  ...{ '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 },
};

/** `128Mi`; null for none. */
export function bytesOf(text = ''): number | null {
  const [, number = '', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? [];
  const by = units[unit];
  return number === '' || by === undefined ? null : Number(number) * by;
}

/** `500m`; null for none. */
export function coresOf(text = ''): number | null {
  const [, number = '', unit = ''] = /^([0-9.]+)(m?)$/.exec(text) ?? [];
  return number === '' ? null : Number(number) / (unit === 'm' ? 1000 : 1);
}
