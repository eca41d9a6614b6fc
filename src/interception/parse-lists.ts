import { OutriggerError } from '../errors.ts';
import { parseCidr } from './cidr.ts';

/** How a list is read. `wildcard`: may the whole list be `*`? `at`: where it stands, for the error. */
export interface ListOptions {
  readonly wildcard: boolean;
  readonly at?: string;
}

/**
 * A comma list of address blocks as `traffic.sidecar.istio.io/*IPRanges` hold it: no spaces, an empty text is
 * an empty list. The texts are kept as given, host bits too.
 *
 * @throws OutriggerError OR1401 naming the item.
 */
export function parseCidrList(text: string, options: ListOptions): '*' | string[] {
  if (text === '*' && options.wildcard) return '*';
  if (text === '') return [];
  const items = splitList(text, 'OR1401', options.at);
  for (const item of items) {
    if (parseCidr(item) === undefined)
      throw new OutriggerError('OR1401', explainCidr(item, options), context(options.at));
  }
  return items;
}

function explainCidr(item: string, options: ListOptions): string {
  const value = JSON.stringify(item);
  if (item === '*') {
    return options.wildcard
      ? `${value} stands for everything, so it cannot be one of several: write "*" alone, or address blocks`
      : `${value} is not possible here: list the address blocks, such as 10.0.0.0/8`;
  }
  if (item.trim() !== item && parseCidr(item.trim()) !== undefined)
    return `${value} has spaces around it: write ${JSON.stringify(item.trim())}`;
  if (parseCidr(`${item}/32`)?.family === 4)
    return `${value} is an address without a prefix length: write ${item}/32 for this address alone`;
  if (parseCidr(`${item}/128`)?.family === 6)
    return `${value} is an address without a prefix length: write ${item}/128 for this address alone`;
  return `${value} is not an address block: write address/length, such as 10.0.0.0/8 or fd00::/8`;
}

/**
 * A comma list of ports 0–65535; spaces around an item are dropped, an empty text is an empty list.
 *
 * @throws OutriggerError OR1402 naming the item.
 */
export function parsePortList(text: string, options: ListOptions): '*' | number[] {
  if (text === '*' && options.wildcard) return '*';
  if (text === '') return [];
  return splitList(text, 'OR1402', options.at).map((item) => {
    const digits = item.trim();
    const port = /^[0-9]+$/.test(digits) ? Number(digits) : Number.NaN;
    if (port <= 65535) return port;
    const hint = options.wildcard ? 'ports from 0 to 65535 separated by commas, or "*" alone' : 'ports from 0 to 65535';
    throw new OutriggerError('OR1402', `${JSON.stringify(item)} is not a port: write ${hint}`, context(options.at));
  });
}

/**
 * A comma list of network interface names: at most 15 characters (IFNAMSIZ), a letter first, then letters,
 * digits, `_`, `.` and `-` (Istio's pkg/util/net/ip.go). An empty text is an empty list.
 *
 * @throws OutriggerError OR1403 naming the item.
 */
export function parseInterfaceList(text: string, options: { readonly at?: string } = {}): string[] {
  if (text === '') return [];
  return splitList(text, 'OR1403', options.at).map((item) => {
    if (/^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$/.test(item)) return item;
    const why =
      item.length > 15
        ? 'is longer than the 15 characters of an interface name'
        : 'is not an interface name: a letter, then letters, digits, "_", "." or "-"';
    throw new OutriggerError('OR1403', `${JSON.stringify(item)} ${why}`, context(options.at));
  });
}

/** Each item becomes a rule for each family, which every connection of the pod passes. */
const mostItems = 500;

function splitList(text: string, code: 'OR1401' | 'OR1402' | 'OR1403', at: string | undefined): string[] {
  const items = text.split(',');
  if (items.length <= mostItems) return items;
  throw new OutriggerError(code, `${items.length} items are too many: write ${mostItems} at most`, context(at));
}

function context(at: string | undefined): { at?: string } {
  return at === undefined ? {} : { at };
}
