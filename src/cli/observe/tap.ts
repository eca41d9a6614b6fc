import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { followDashboards } from '../../cluster-access/dashboard.ts';
import type { TapState } from '../../dashboard/api-types.ts';
import type { TapLine } from '../../model/tap.ts';
import { printable } from '../../operate/text/table.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { ClusterFlags } from '../cluster-flags.ts';
import { addDashboardOptions, type ObserveFlags, placeOf, wantedOf } from './observe-flags.ts';
import { printTapLine } from './tap-line.ts';
import { TapTally } from './tap-tally.ts';

interface Flags extends ClusterFlags {
  readonly istioNamespace: string;
  readonly dashboardUrl?: URL;
  readonly to?: string;
  readonly from?: string;
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly status?: string;
  readonly connections?: true;
  readonly maxRps: number;
  readonly limit?: number;
  readonly duration: number;
  readonly output: 'line' | 'wide' | 'json';
}

/** `outrigger tap`: requests of a workload while they happen. */
export function command(): Command {
  const tap = new Command('tap')
    .description('show requests (and connections) of a workload while they happen, until Ctrl-C')
    .argument('<workload>', 'deploy/NAME or NAME of a workload, pod/NAME or NAME of a pod')
    .addOption(
      new Option('--to <workload>', 'only what it calls: WORKLOAD, NAMESPACE/WORKLOAD, or a host').conflicts('from'),
    )
    .option('--from <workload>', 'only what it is asked from there: WORKLOAD or NAMESPACE/WORKLOAD')
    .option('--method <method>', 'only this method')
    .option('--path <prefix>', 'only paths that begin so')
    .option('--authority <host>', 'only this host, as it is asked for')
    .option('--status <code>', 'only this status: 503, 5xx, 400-499')
    .addOption(
      new Option('--connections', 'connections of TCP, too: opened, closed, how many bytes').conflicts([
        ...['method', 'path', 'authority', 'status'],
      ]),
    )
    .option('--max-rps <number>', 'lines a second at most; what is beyond is left out', between(1, 1000), 100)
    .option('--limit <number>', 'ends after so many lines', between(1, 1_000_000))
    .option('--duration <time>', 'ends after so long: 30 (seconds), 90s, 10m', lasting, 600)
    .addOption(
      new Option('-o, --output <format>', 'how it is printed').choices(['line', 'wide', 'json']).default('line'),
    )
    .addHelpText(
      'after',
      `
Examples:
  outrigger tap deploy/reviews-v1 --status 5xx
  outrigger tap productpage-v1 --to ratings-v1 --limit 20 -o wide
  outrigger tap deploy/mongodb-v1 --connections
  outrigger tap pod/web-5d4f-abc -o json | jq .durationMs

Each line is a request that has ended, as the proxy of the workload saw it: "in" is what it was asked, "out" what it
called. Neither headers nor bodies are shown, and of a query only that there was one. The proxies tell the control
plane only as long as the tap lasts; nothing waits for it. Connections that are open when it begins and when it ends
are opened anew after their next answer, and what is still open on them ten minutes later is closed.

With --connections, connections of TCP that begin from then on are shown when they are opened and when they have ended. That
changes how they are served, so that those which are open when it begins or ends are closed ten minutes later, too.

Needs the rights of proxy-status. Exit code 1 when nobody can tell.
`,
    );
  return addDashboardOptions(tap).action((workload: string, flags: Flags) => run(workload, flags));
}

function between(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`);
    return value;
  };
}

const longestSeconds = 3600;

function lasting(text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : (parseDuration(text) ?? 0) / 1000;
  if (!Number.isFinite(seconds) || seconds < 1 || seconds > longestSeconds)
    throw new InvalidArgumentError('It has to be a time from 1s to 1h: 30, 90s, 10m.');
  return Math.ceil(seconds);
}

async function run(workload: string, flags: Flags): Promise<void> {
  const { namespace = 'default', name = workload } = await wantedOf(workload, flags as unknown as ObserveFlags);
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended.abort());
  const tally = new TapTally({
    ...{ limit: flags.limit, oneReplica: flags.dashboardUrl !== undefined },
    tell: (text) => void process.stderr.write(`${printable(text)}\n`),
  });
  await followDashboards(placeOf(flags), pathOf({ namespace, name }, flags), {
    signal: ended.signal,
    problem: (text) => void process.stderr.write(`${printable(text)}\n`),
    tell: ({ replica, event, data }) => {
      if (event === 'tap') tally.state(replica, data as TapState);
      if (event === 'leftOut') tally.leftOut(replica, Number(data));
      if (event === 'error') tally.failed(data as { readonly code: string; readonly message: string });
      if (event === 'line' && tally.mayPrint()) process.stdout.write(printTapLine(data as TapLine, flags.output));
      if (tally.isDone) ended.abort();
    },
  });
  tally.end();
}

function pathOf(target: { readonly namespace: string; readonly name: string }, flags: Flags): string {
  const { to, from, method, path, authority, status, maxRps, duration } = flags;
  const connections = flags.connections === true ? 'yes' : undefined;
  const side = to === undefined ? (from === undefined ? undefined : 'served') : 'calls';
  const given = { ...target, side, peer: to ?? from, method, path, authority, status, connections };
  const parameters = new URLSearchParams({ rate: String(maxRps), seconds: String(duration) });
  // The same for every replica: a proxy may tell another one than the one that serves it.
  parameters.set('id', randomBytes(16).toString('hex'));
  for (const [key, value] of Object.entries(given)) if (value !== undefined) parameters.set(key, value);
  return `/api/tap?${parameters}`;
}
