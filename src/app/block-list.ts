import { BlockList, isIPv6 } from 'node:net';
import { OutriggerError } from '../errors.ts';

/** Of addresses and blocks (`10.0.0.0/8`). Throws OR1002 for what is none. */
export function blockListOf(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [address = '', prefix] = block.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    try {
      list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family);
    } catch (cause) {
      throw new OutriggerError('OR1002', `${block} is no address and no block of them`, { cause });
    }
  }
  return list;
}
