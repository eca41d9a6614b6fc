import { BlockList, isIPv6 } from 'node:net';
import { type Message, number, text } from './message.ts';

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** Whether an address is in a `core.v3.CidrRange`; no `prefix_len` is a length of 0. */
export function isIn(address: string, range: Message): boolean {
  const prefix = text(range, 'address_prefix');
  if (familyOf(prefix) !== familyOf(address)) return false;
  const list = new BlockList();
  list.addSubnet(prefix, number(range, 'prefix_len') ?? 0, familyOf(prefix));
  return list.check(address, familyOf(address));
}

/** `{socket_address: {address, port_value}}` -> `address:port`; a pipe is its path. */
export function placeOf(address: Message | undefined): string {
  const socket = address?.['socket_address'] as Message | undefined;
  if (socket === undefined) return text(address?.['pipe'] as Message | undefined, 'path');
  return `${text(socket, 'address')}:${number(socket, 'port_value') ?? 0}`;
}
