import type { TapLine, TapPeer } from '../../model/tap.ts';
import { printable } from '../../operate/text/table.ts';

export type TapOutput = 'line' | 'wide' | 'json';

/** One request as one line. Texts of clients neither steer the terminal nor break the line. */
export function printTapLine(line: TapLine, output: TapOutput): string {
  if (output === 'json') return `${JSON.stringify(line)}\n`;
  const { side, source, destination, method, authority, path, status, durationMs, bytesReceived, bytesSent } = line;
  const words = [
    new Date(line.at).toISOString().slice(11, 23),
    side === 'calls' ? 'out' : 'in ',
    `${nameOf(source)} -> ${destination.workload === '' && side === 'calls' ? authority : nameOf(destination)}`,
    method || '-',
    `${authority}${path}`,
    `${status === 0 ? '-' : status}${line.flags === '' ? '' : ` ${line.flags}`}`,
    `${durationMs < 10 ? durationMs.toFixed(1) : durationMs.toFixed(0)}ms`,
    `${bytesReceived}B/${bytesSent}B`,
    line.mtls ? 'mTLS' : 'plain',
  ];
  return `${printable([...words, ...(output === 'wide' ? wideOf(line) : [])].join('  '))}\n`;
}

/** `reviews-v1.default`; of whom nothing else is known, the address. */
function nameOf({ workload, namespace, address }: TapPeer): string {
  return workload === '' ? address.replace(/:\d+$/, '') || 'unknown' : `${workload}.${namespace}`;
}

function wideOf({ proxy, protocol, source, destination }: TapLine): string[] {
  const ends = [source, destination].map(({ address, principal }) => [address, principal].filter(Boolean).join(' '));
  return [proxy, protocol, ends.map((end) => end || '-').join(' -> ')];
}
