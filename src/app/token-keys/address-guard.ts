import { BlockList, isIP } from 'node:net';

/** Tells whether an address may be connected to. */
export type AddressGuard = (address: string) => boolean;

/**
 * Whoever may write a RequestAuthentication chooses what the control plane connects to. So nothing is read from the
 * control plane's own machine, its neighbours on the link, and the servers that clouds tell their secrets by
 * (169.254.169.254 and its like); `allowed` are blocks of exceptions.
 */
export function guardAddresses(allowed: readonly string[]): AddressGuard {
  const exceptions = blockList(allowed);
  return (address) => {
    const kind = isIP(address);
    if (kind === 0) return false;
    const family = kind === 6 ? 'ipv6' : 'ipv4';
    return exceptions.check(address, family) || !forbidden.check(address, family);
  };
}

/** IPv4 written as IPv6 (`::ffff:127.0.0.1`) counts as IPv4 by itself, NAT64 does not. */
const forbidden = blockList([
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32'],
  ...['::/128', '::1/128', 'fe80::/10', 'ff00::/8', '64:ff9b::7f00:0/104', '64:ff9b::a9fe:0/112'],
  // Metadata of clouds outside of the link.
  ...['100.100.100.200/32', '168.63.129.16/32', 'fd00:ec2::254/128', 'fd20:ce::254/128'],
]);

function blockList(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [address = '', length] = block.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    list.addSubnet(address, length === undefined ? (family === 'ipv6' ? 128 : 32) : Number(length), family);
  }
  return list;
}
