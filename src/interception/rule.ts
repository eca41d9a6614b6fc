/**
 * One rule, and its text as `iptables-save` prints it. That form is the reason for this type: what the preview
 * shows is what `iptables-save` shows in the pod, and the proxy image's script compares the two line by line.
 */
export interface Rule {
  readonly chain: string;
  readonly source?: string;
  readonly destination?: string;
  readonly notDestination?: string;
  readonly inInterface?: string;
  readonly outInterface?: string;
  readonly protocol?: 'tcp' | 'udp';
  /** Extension matches in order, each beginning with `-m`. */
  readonly matches?: readonly string[];
  /** With the options of the target. */
  readonly target: string;
  /** Stands before everything that is already in the (built-in) chain. */
  readonly first?: boolean;
}

export interface Table {
  readonly name: 'nat' | 'mangle';
  /** In the order in which each chain holds them. */
  readonly rules: readonly Rule[];
}

/** What differs between the families. */
export interface Family {
  readonly version: 4 | 6;
  /** The address from which the proxy reaches the app on behalf of others: never captured. */
  readonly passthroughSource: string;
  readonly loopback: string;
  readonly unspecified: string;
}

export const ipv4: Family = {
  version: 4,
  passthroughSource: '127.0.0.6/32',
  loopback: '127.0.0.1/32',
  unspecified: '0.0.0.0',
};
export const ipv6: Family = {
  version: 6,
  passthroughSource: '::6/128',
  loopback: '::1/128',
  unspecified: '::',
};

/** `-m tcp --dport 80`, or its negation. */
export function port(number: number, protocol: 'tcp' | 'udp' = 'tcp'): string {
  return `-m ${protocol} --dport ${number}`;
}

export function printTable(table: Table): string {
  if (table.rules.length === 0) return '';
  const own = new Set(
    table.rules.flatMap((rule) => [rule.chain, rule.target]).filter((name) => /^ISTIO_\w+$/.test(name)),
  );
  const position = new Map<string, number>();
  const lines = table.rules.map((rule) => {
    if (rule.first !== true) return `-A ${rule.chain} ${printMatch(rule)}`;
    const place = (position.get(rule.chain) ?? 0) + 1;
    position.set(rule.chain, place);
    return `-I ${rule.chain} ${place} ${printMatch(rule)}`;
  });
  return [`*${table.name}`, ...[...own].map((chain) => `:${chain} - [0:0]`), ...lines, 'COMMIT', ''].join('\n');
}

function printMatch(rule: Rule): string {
  const parts = [
    rule.source && `-s ${rule.source}`,
    rule.destination && `-d ${rule.destination}`,
    rule.notDestination && `! -d ${rule.notDestination}`,
    rule.inInterface && `-i ${rule.inInterface}`,
    rule.outInterface && `-o ${rule.outInterface}`,
    rule.protocol && `-p ${rule.protocol}`,
    ...(rule.matches ?? []),
    `-j ${rule.target}`,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}
