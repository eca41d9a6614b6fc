import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { askDashboard, type DashboardPlace } from '../../cluster-access/dashboard.ts';
import { asOutriggerError, OutriggerError } from '../../errors.ts';
import type { Graph } from '../../model/service-graph.ts';
import { printable } from '../../operate/text/table.ts';
import { accessOf, addClusterOptions, type ClusterFlags, outputOption, urlOf } from '../cluster-flags.ts';
import { chosenNamespace } from '../context-namespace.ts';
import { namespaceName } from '../flag-values.ts';
import type { Wanted } from './tables.ts';

export interface ObserveFlags extends ClusterFlags {
  readonly istioNamespace: string;
  readonly dashboardUrl?: URL;
  readonly allNamespaces?: boolean;
  readonly range: number;
  readonly watch?: boolean;
  readonly output: 'table' | 'json' | 'yaml';
}

const watchMs = 5000;

/** Of every command that shows what is counted. */
export function addObserveOptions(command: Command): Command {
  return addDashboardOptions(command)
    .option('-A, --all-namespaces', 'of every namespace')
    .option('--range <seconds>', 'of the last so many seconds, 5 to 900', seconds, 60)
    .option('-w, --watch', 'again every five seconds')
    .addOption(outputOption('table', 'json', 'yaml'));
}

export function addDashboardOptions(command: Command): Command {
  return addClusterOptions(command)
    .option('-i, --istioNamespace <name>', 'namespace of the control plane', namespaceName, 'outrigger-system')
    .option(
      '--dashboard-url <http://host:port>',
      'ask this dashboard, where no port can be forwarded',
      (text: string) => urlOf(text, ['http:', 'https:']),
    );
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 5 || value > 900) throw new InvalidArgumentError('It has to be 5 to 900.');
  return value;
}

export function placeOf(flags: ClusterFlags & Pick<ObserveFlags, 'istioNamespace' | 'dashboardUrl'>): DashboardPlace {
  const { connection, ports } = accessOf(flags);
  return { connection, ports, namespace: flags.istioNamespace, url: flags.dashboardUrl };
}

/** `deploy/web`, `web` or `deploy`, in the namespace that is asked for. */
export async function wantedOf(given: string | undefined, flags: ObserveFlags): Promise<Wanted> {
  const namespace = flags.allNamespaces === true ? undefined : await ownNamespace(flags);
  const name =
    given === undefined || (/^[a-z]+s?$/.test(given) && kinds.has(given)) ? undefined : given.split('/').at(-1);
  return { namespace, name };
}

const kinds = new Set([
  'deploy',
  'deployment',
  'deployments',
  'sts',
  'statefulset',
  'statefulsets',
  'ds',
  'daemonset',
  'daemonsets',
  'workload',
  'workloads',
]);

/** By an address alone no kubeconfig need be there. */
async function ownNamespace(flags: ObserveFlags): Promise<string> {
  return flags.dashboardUrl === undefined ? chosenNamespace(flags) : (flags.namespace ?? 'default');
}

/** Once, or again and again; what stands in the way is then told and tried again. Exit code 1 when nobody counts. */
export async function showGraph(flags: ObserveFlags, show: (graph: Graph) => void): Promise<void> {
  const place = placeOf(flags);
  const path = `/api/graph?range=${flags.range}`;
  for (;;) {
    const ask = () => askDashboard(place, path) as Promise<Graph>;
    const graph = flags.watch === true ? await ask().catch(asOutriggerError) : await withLatencies(ask);
    if (flags.watch === true && process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
    if (graph instanceof OutriggerError) process.stderr.write(`${printable(graph.message)}\n`);
    else showOne(graph, show);
    if (flags.watch !== true) return;
    await sleep(watchMs);
  }
}

/** Envoy merges its histograms every five seconds: when proxies were first asked a moment ago, latencies come with the next answer. */
async function withLatencies(ask: () => Promise<Graph>): Promise<Graph> {
  let graph = await ask();
  for (let turn = 0; turn < mostTurns && lacksLatencies(graph); turn++) {
    await sleep(watchMs);
    graph = await ask();
  }
  return graph;
}

const mostTurns = 2;

function lacksLatencies({ telemetry, edges }: Graph): boolean {
  const counted = edges.filter(({ protocol, signals }) => protocol !== 'tcp' && signals.requestsPerSecond > 0);
  return telemetry.state === 'ok' && counted.length > 0 && counted.every(({ signals }) => signals.p50 === null);
}

function showOne(graph: Graph, show: (graph: Graph) => void): void {
  const { problem, state } = graph.telemetry;
  if (problem !== undefined) process.stderr.write(`${printable(`${problem.message}. ${problem.remedy}`)}\n`);
  process.exitCode = state === 'failed' ? 1 : 0;
  show(graph);
}
