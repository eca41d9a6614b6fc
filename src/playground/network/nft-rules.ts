import type { Slot } from './slot.ts';

/** One port of a service and where it leads. */
export interface ServiceRule {
  readonly address: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Ready endpoints. */
  readonly targets: readonly { readonly ip: string; readonly port: number }[];
}

/**
 * The table of a playground as nft's text, replacing the one before in one step: it stands for kube-proxy. Each new
 * connection to a service goes to one of its endpoints by chance. Pods have routes of their own to each other by way of
 * the node, so answers come back through it and are translated back.
 *
 * Pods reach each other and the node, nothing beyond: no packet of theirs leaves this machine.
 */
export function renderRules(slot: Slot, services: readonly ServiceRule[]): string {
  const { bridge, table, serviceCidr } = slot;
  const rules = services.filter(({ targets }) => targets.length > 0).map(renderService);
  const ips = [...new Set(services.flatMap(({ targets }) => targets.map(({ ip }) => ip)))].sort();
  const toItself = ips.map((ip) => `${ip} . ${ip}`).join(', ');
  return [
    `table ip ${table}`,
    `delete table ip ${table}`,
    `table ip ${table} {`,
    '  chain services {',
    ...rules.map((rule) => `    ${rule}`),
    '  }',
    '  chain prerouting {',
    '    type nat hook prerouting priority -100;',
    `    iifname "${bridge}" ip daddr ${serviceCidr} jump services`,
    '  }',
    '  chain output {',
    '    type nat hook output priority -100;',
    `    ip daddr ${serviceCidr} jump services`,
    '  }',
    // A pod that a service leads back to itself would not take a packet from its own address.
    '  chain postrouting {',
    '    type nat hook postrouting priority 100;',
    ...(ips.length === 0 ? [] : [`    ip saddr . ip daddr { ${toItself} } masquerade`]),
    '  }',
    '  chain forward {',
    '    type filter hook forward priority 0;',
    `    iifname "${bridge}" ip daddr ${serviceCidr} meta l4proto tcp reject with tcp reset`,
    `    iifname "${bridge}" ip daddr ${serviceCidr} reject`,
    `    iifname "${bridge}" oifname != "${bridge}" reject`,
    `    oifname "${bridge}" iifname != "${bridge}" drop`,
    '  }',
    '  chain redirects {',
    '    type filter hook output priority 0;',
    `    oifname "${bridge}" icmp type redirect drop`,
    '  }',
    '}',
    '',
  ].join('\n');
}

function renderService({ address, protocol, port, targets }: ServiceRule): string {
  const match = `ip daddr ${address} ${protocol} dport ${port}`;
  const [only] = targets;
  if (targets.length === 1 && only !== undefined) return `${match} dnat to ${only.ip}:${only.port}`;
  const list = targets.map(({ ip, port: to }, index) => `${index} : ${ip} . ${to}`).join(', ');
  return `${match} dnat ip to numgen random mod ${targets.length} map { ${list} }`;
}
