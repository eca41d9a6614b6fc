import { execFileSync } from 'node:child_process';

/** Addresses of two networks without a route between them; a table of nft's in the network of this machine. */
export function raiseWall(name: string, one: readonly string[], other: readonly string[]): () => void {
  const set = (ips: readonly string[]) => `{ ${ips.join(', ')} }`;
  // Refused, not dropped: whoever tries knows at once.
  const refuse = (from: readonly string[], to: readonly string[]) =>
    `ip saddr ${set(from)} ip daddr ${set(to)} reject with tcp reset`;
  const text = [
    `table ip ${name} {`,
    'chain between {',
    'type filter hook forward priority -10;',
    `meta l4proto tcp ${refuse(one, other)}`,
    `meta l4proto tcp ${refuse(other, one)}`,
    '}',
    '}',
    '',
  ].join('\n');
  execFileSync('nft', ['-f', '-'], { input: text });
  return () => {
    execFileSync('nft', ['delete', 'table', 'ip', name]);
  };
}
