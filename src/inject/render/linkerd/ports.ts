/** Linkerd's lists hold numbers and ranges (`4000-4010`); each port becomes a rule. */
const mostPorts = 500;

/** The ports of such a list, in order; `undefined` where it is none, or has more than 500. */
export function portsOfList(text: string): readonly number[] | undefined {
  const ports: number[] = [];
  for (const item of text.split(',')) {
    const match = /^\s*([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?\s*$/.exec(item);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (first > last || last > 65_535 || ports.length + last - first + 1 > mostPorts) return undefined;
    for (let port = first; port <= last; port++) ports.push(port);
  }
  return ports;
}
