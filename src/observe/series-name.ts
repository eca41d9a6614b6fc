/** The name and the labels of a series: `istio_requests_total{reporter="source"}`. */
export interface SeriesName {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
}

const label = /\s*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)/gsy;
const escapes: Readonly<Record<string, string>> = { n: '\n' };

/** Undefined: it is none. Values come from users' objects and from callers; they are only ever data. */
export function parseSeriesName(text: string): SeriesName | undefined {
  const open = text.indexOf('{');
  if (open < 0) return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(text) ? { name: text, labels: new Map() } : undefined;
  if (open === 0 || !text.endsWith('}')) return undefined;
  const inner = text.slice(open + 1, -1);
  const labels = new Map<string, string>();
  label.lastIndex = 0;
  for (let at = 0; at < inner.length; at = label.lastIndex) {
    const match = label.exec(inner);
    if (match === null) return undefined;
    labels.set(
      match[1] ?? '',
      (match[2] ?? '').replace(/\\(.)/gs, (_, escaped: string) => escapes[escaped] ?? escaped),
    );
  }
  return { name: text.slice(0, open), labels };
}
