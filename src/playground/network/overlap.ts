/** Whether two IPv4 blocks share an address. A single address is a block; what is none (`default`) overlaps nothing. */
export function overlaps(left: string, right: string): boolean {
  const [a, b] = [parse(left), parse(right)];
  if (a === undefined || b === undefined) return false;
  const shared = 32 - Math.min(a.bits, b.bits);
  return Math.floor(a.address / 2 ** shared) === Math.floor(b.address / 2 ** shared);
}

function parse(cidr: string): { address: number; bits: number } | undefined {
  const [address = '', bits = '32'] = cidr.split('/');
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some(Number.isNaN)) return undefined;
  return { address: parts.reduce((sum, part) => sum * 256 + part, 0), bits: Number(bits) };
}
