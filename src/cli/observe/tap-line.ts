import type { TapLine, TapPeer } from '../../model/tap.ts';
import { printable } from '../../operate/text/table.ts';

export type TapOutput = 'line' | 'wide' | 'json';

/** One request, or one connection that was opened or has ended, as one line. Texts of clients neither steer the terminal nor break the line. */
export function printTapLine(line: TapLine, output: TapOutput): string {
  if (output === 'json') return `${JSON.stringify(line)}\n`;
  const { side, source, destination, authority, path, durationMs, bytesReceived, bytesSent } = line;
  const words = [
    new Date(line.at).toISOString().slice(11, 23),
    side === 'calls' ? 'out' : 'in ',
    `${nameOf(source)} -> ${destination.workload === '' && side === 'calls' ? authority || nameOf(destination) : nameOf(destination)}`,
    line.connection === '' ? line.method || '-' : 'TCP',
    `${authority}${path}` || '-',
    [endOf(line), line.flags, line.refusedBy === '' ? '' : `(${line.refusedBy})`].filter(Boolean).join(' '),
    `${durationMs < 10 ? durationMs.toFixed(1) : durationMs.toFixed(0)}ms`,
    `${bytesReceived}B/${bytesSent}B`,
    line.mtls ? 'mTLS' : 'plain',
  ];
  return `${printable([...words, ...(output === 'wide' ? wideOf(line) : [])].join('  '))}\n`;
}

function endOf({ connection, status }: TapLine): string {
  return connection === '' ? (status === 0 ? '-' : String(status)) : connection;
}

/** `reviews-v1.default`; of whom nothing else is known, the address and the account of the certificate. */
function nameOf({ workload, namespace, address, principal }: TapPeer): string {
  if (workload !== '') return `${workload}.${namespace}`;
  const [, account = ''] = /^spiffe:\/\/[^/]+\/ns\/(.+)$/.exec(principal) ?? [];
  return `${address.replace(/:\d+$/, '') || 'unknown'}${account === '' ? '' : ` (${account})`}`;
}

function wideOf({ proxy, protocol, source, destination }: TapLine): string[] {
  const ends = [source, destination].map(({ address, principal }) => [address, principal].filter(Boolean).join(' '));
  return [proxy, protocol, ends.map((end) => end || '-').join(' -> ')];
}
