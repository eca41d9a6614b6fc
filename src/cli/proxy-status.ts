import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { listAll } from '../cluster-access/list-all.ts';
import { type GatheredReports, gatherReports } from '../cluster-access/proxy-reports.ts';
import { emergencyLine, stateOf } from '../emergency/state.ts';
import { asOutriggerError, OutriggerError } from '../errors.ts';
import { readDump } from '../operate/config-dump/read-dump.ts';
import { compareWithDump, comparisonLines } from '../operate/proxy-status/compare.ts';
import { dotted, proxyLines, rejectionLines, statusTable } from '../operate/proxy-status/status.ts';
import { printable } from '../operate/text/table.ts';
import { addProxyOptions, chosenProxy, type ProxyFlags } from './chosen-proxy.ts';
import {
  accessOf,
  addClusterOptions,
  addControlPlaneOptions,
  type ControlPlaneFlags,
  outputOption,
  reportsOf,
} from './cluster-flags.ts';
import { printRows, printValue } from './print-value.ts';

interface Flags extends ControlPlaneFlags, ProxyFlags {
  readonly output: 'table' | 'wide' | 'json' | 'yaml';
  readonly watch?: boolean;
  readonly allNamespaces?: boolean;
}

const watchMs = 2000;

/** `outrigger proxy-status` (`ps`): what each proxy was sent, and what it made of it. */
export function command(): Command {
  const status = new Command('proxy-status')
    .alias('ps')
    .description('show for each proxy whether it has what the control plane sent, and why not')
    .argument('[pod]', 'POD, POD.NAMESPACE or deploy/NAME: compares what it was sent with what it has')
    .option('-A, --all-namespaces', 'of every namespace (as without -n)')
    .option('-w, --watch', 'again every two seconds')
    .addOption(outputOption('table', 'wide', 'json', 'yaml'))
    .addHelpText(
      'after',
      `
Examples:
  outrigger proxy-status
  outrigger ps -n default -o wide
  outrigger proxy-status --watch
  outrigger proxy-status productpage-v1-abc.default     # what it was sent against what it has

SYNCED: acknowledged. STALE: sent five seconds ago or more, and not acknowledged. NACKED: refused, with the reason below the
table. NOT SENT: there is nothing of it. NOT CONNECTED: the pod has a proxy that no replica serves.
Exit code 1 when a proxy has refused something, or differs.
`,
    );
  addProxyOptions(addControlPlaneOptions(addClusterOptions(status)));
  return status.action((pod: string | undefined, flags: Flags) =>
    pod === undefined ? showAll(flags) : compareOne(pod, flags),
  );
}

async function showAll(flags: Flags): Promise<void> {
  const from = reportsOf(flags);
  const namespace = flags.allNamespaces === true ? undefined : flags.namespace;
  if (flags.watch !== true) {
    show(await gatherReports(from), namespace, flags.output);
    return showEmergencies(flags);
  }
  for (;;) {
    // Whoever watches sees a control plane restart, too.
    const gathered = await gatherReports(from).catch(asOutriggerError);
    if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
    if (gathered instanceof OutriggerError) process.stderr.write(`${printable(gathered.message)}\n`);
    else show(gathered, namespace, flags.output);
    await showEmergencies(flags);
    await sleep(watchMs);
  }
}

function show({ reports, problems }: GatheredReports, namespace: string | undefined, output: Flags['output']): void {
  for (const problem of problems) process.stderr.write(`a replica does not answer: ${printable(problem)}\n`);
  const lines = proxyLines(reports, namespace);
  const now = Math.max(...reports.map((report) => Date.parse(report.now)));
  const rejections = rejectionLines(lines);
  if (output === 'json' || output === 'yaml')
    printValue(
      lines.map(({ name, replica, proxy }) => ({ name, replica, ...proxy })),
      output,
    );
  else {
    printRows(
      statusTable(lines, output, now),
      namespace === undefined
        ? 'No proxy is connected, and no pod has one.'
        : `In namespace ${namespace} no proxy is connected, and no pod has one.`,
    );
    for (const line of rejections) process.stdout.write(`${printable(line)}\n`);
  }
  process.exitCode = rejections.length > 0 ? 1 : 0;
}

/** Below the table: what protection is away for now. Who may not read it, or names replicas by address, is told nothing. */
async function showEmergencies(flags: Flags): Promise<void> {
  if (flags.output !== 'table' && flags.output !== 'wide') return;
  const now = new Date();
  const found = await listAll(accessOf(flags).connection, '/apis/outrigger.io/v1alpha1/emergencies').catch(() => []);
  for (const object of found ?? []) {
    const state = stateOf(object, now);
    if (state?.inForce === true) process.stdout.write(`${printable(`! ${emergencyLine(state, now)}`)}\n`);
  }
}

async function compareOne(given: string, flags: Flags): Promise<void> {
  const { id = given, admin } = await chosenProxy(given, flags);
  const [{ reports }, text] = await Promise.all([
    gatherReports(reportsOf(flags), id),
    admin.get('/config_dump?include_eds'),
  ]);
  const [line] = proxyLines(reports, undefined).filter(({ name }) => name === dotted(id));
  if (line?.proxy === undefined) throw new OutriggerError('OR2536', id);
  const sent = reports.find(({ instance }) => instance === line.replica)?.resources ?? [];
  const differences = compareWithDump(sent, readDump(text, admin.proxy));
  const rejections = rejectionLines([line]);
  if (flags.output === 'json' || flags.output === 'yaml')
    printValue({ ...line.proxy, replica: line.replica, differences }, flags.output);
  else {
    const lines = [...comparisonLines(differences), ...rejections];
    process.stdout.write(lines.map((one) => `${printable(one)}\n`).join(''));
  }
  process.exitCode = differences.length + rejections.length > 0 ? 1 : 0;
}
