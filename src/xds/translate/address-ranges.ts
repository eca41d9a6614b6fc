import { isIPv4, isIPv6 } from 'node:net';

/**
 * Blocks that addresses lie in, wide enough to stay the same while single addresses come and go: /16 and /64, sorted.
 * Whatever else lies in a block is asked of the control plane once, and let through.
 */
export function rangesAround(addresses: Iterable<string>): readonly string[] {
  const ranges = new Set<string>();
  const seen = new Set<string>();
  for (const address of addresses) {
    // Of thousands in a block one is looked at.
    const block = address.slice(0, address.indexOf('.', address.indexOf('.') + 1) + 1);
    if (seen.has(block)) continue;
    if (isIPv4(address)) {
      seen.add(block);
      ranges.add(`${block}0.0/16`);
    } else if (isIPv6(address)) ranges.add(`${groupsOf(address).slice(0, 4).join(':')}::/64`);
  }
  return [...ranges].sort();
}

/** The eight groups of an IPv6 address, written out. */
function groupsOf(address: string): string[] {
  const [left = '', right] = address.split('::');
  const head = left === '' ? [] : left.split(':');
  if (right === undefined) return head;
  const tail = right === '' ? [] : right.split(':');
  return [...head, ...Array<string>(Math.max(8 - head.length - tail.length, 0)).fill('0'), ...tail];
}
