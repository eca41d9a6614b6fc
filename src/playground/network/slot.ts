/**
 * One of eight places for a playground on a machine, so that several run side by side. Everything of a slot, on the
 * machine and in the file system, carries its prefix.
 */
export interface Slot {
  readonly number: number;
  /** `or-pg0`: the bridge; namespaces are `or-pg0-7`, cables `or-pg0.7`. */
  readonly bridge: string;
  /** nft takes no dash. */
  readonly table: string;
  /** Of the node: the pods' default route, and where the control plane listens. */
  readonly nodeIp: string;
  /** `10.244` */
  readonly podPrefix: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly dnsIp: string;
}

export const slotCount = 8;

/** Slot 0 has the networks of most clusters: 10.244.0.0/16 and 10.96.0.0/12. */
export function slotOf(number: number): Slot {
  const podPrefix = `10.${244 - number}`;
  const serviceNet = 96 + 16 * number;
  return {
    number,
    bridge: `or-pg${number}`,
    table: `or_pg${number}`,
    nodeIp: `${podPrefix}.0.1`,
    podPrefix,
    podCidr: `${podPrefix}.0.0/16`,
    serviceCidr: `10.${serviceNet}.0.0/12`,
    dnsIp: `10.${serviceNet}.0.10`,
  };
}

/** The n-th address for a service, from 10.96.1.0 on. */
export function serviceAddress(slot: Slot, index: number): string {
  const [, net = ''] = slot.serviceCidr.split('.');
  const offset = 256 + index;
  return `10.${Number(net) + (offset >> 16)}.${(offset >> 8) & 255}.${offset & 255}`;
}

/** How many there are. */
export const serviceAddresses = 2 ** 20 - 512;
