import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { emergencyPath, scopeOf, statesIn, whoAsks, writeEvent } from '../emergency/cluster.ts';
import { lossesOf } from '../emergency/losses.ts';
import { protectionOf } from '../emergency/protection.ts';
import { eventOf, whatOf } from '../emergency/record.ts';
import { type EmergencyLevel, emergencyObject, parseTarget, type Scope, type Target } from '../emergency/scope.ts';
import type { EmergencyState } from '../emergency/state.ts';
import { OutriggerError } from '../errors.ts';
import { defaultMeshSettings } from '../model/mesh-settings.ts';
import { nearest } from '../model/nearest.ts';
import { printAge, type Table } from '../operate/text/table.ts';
import { parseDuration } from '../schema/common/duration.ts';
import { emergencyLevels, longestTtlMs } from '../schema/emergency/emergency.ts';
import type { ClusterObjects } from '../source/kubernetes/cluster-objects.ts';
import { outputOption } from './cluster-flags.ts';
import { chosenNamespace } from './context-namespace.ts';
import { namespaceName } from './flag-values.ts';
import { addClusterFlags, type ClusterFlags, confirm, openCluster } from './install-cluster.ts';
import { printRows, printValue } from './print-value.ts';
import { usageError } from './usage-error.ts';

interface PlaceFlags extends ClusterFlags {
  readonly namespace?: string;
  readonly istioNamespace: string;
}

interface DeclareFlags extends PlaceFlags {
  readonly level?: EmergencyLevel;
  readonly ttl: string;
  readonly reason?: string;
  readonly skipConfirmation?: boolean;
}

/** `outrigger emergency`: takes protection away for a while, without a restart; it comes back by itself. */
export function command(): Command {
  const made = new Command('emergency')
    .description('take protection away for a while, without a restart of pods; it comes back by itself')
    .argument('[target]', 'mesh, ns/NAME, deploy/NAME, sts/NAME, ds/NAME, or NAME')
    .addOption(new Option('-l, --level <level>', 'what is taken away').choices([...emergencyLevels]))
    .option('--ttl <duration>', 'for how long, at most 24h', '15m')
    .option('--reason <text>', 'why, for those who read of it later')
    .option('-y, --skip-confirmation', 'do not ask')
    .addHelpText('after', help);
  addPlaceFlags(made).action((target: string | undefined, flags: DeclareFlags) => {
    const wrong = wrongUsage(target, flags);
    if (wrong !== undefined) usageError(made, wrong);
    return declare(target, flags);
  });
  return made.addCommand(offCommand()).addCommand(statusCommand());
}

const help = `
Levels:
  authz      AuthorizationPolicies only log
  plaintext  mutual TLS is no longer required
  bypass     bytes pass the proxies untouched
  inject     new pods get no proxy

Examples:
  outrigger emergency deploy/reviews-v1 --level authz --ttl 15m --reason INC-7
  outrigger emergency ns/shop --level plaintext --reason "certificates expired" -y
  outrigger emergency status
  outrigger emergency off deploy/reviews-v1
`;

function addPlaceFlags(command: Command): Command {
  return addClusterFlags(command)
    .option('-n, --namespace <name>', 'namespace of the workload (default: that of the context)', namespaceName)
    .option('-i, --istioNamespace <name>', 'namespace of the control plane', namespaceName, 'outrigger-system');
}

function offCommand(): Command {
  return addPlaceFlags(new Command('off'))
    .description('end emergencies before their time')
    .argument('[target]', 'as it was declared for, or NAMESPACE/NAME of `emergency status`; none: the one there is')
    .option('--all', 'all of them, whoever has declared them')
    .action((target: string | undefined, _: object, made: Command) => end(target, made.optsWithGlobals<PlaceFlags>()));
}

function statusCommand(): Command {
  return addPlaceFlags(new Command('status'))
    .description('list the emergencies of the cluster')
    .option('-w, --watch', 'again every two seconds')
    .addOption(outputOption('table', 'json', 'yaml'))
    .action((_: object, made: Command) => status(made.optsWithGlobals<StatusFlags>()));
}

/** What is missing or no value, before anything is asked of a cluster. */
function wrongUsage(target: string | undefined, { level, ttl, reason }: DeclareFlags): OutriggerError | undefined {
  const near = target === undefined ? undefined : nearest(target, ['off', 'status']);
  if (level === undefined && near !== undefined)
    return new OutriggerError('OR2561', `there is no level for ${JSON.stringify(target)}; did you mean ${near}?`);
  if (level === undefined) return new OutriggerError('OR2561', 'it needs --level: authz, plaintext, bypass or inject');
  if (reason === undefined || reason.trim() === '')
    return new OutriggerError('OR2561', 'it needs --reason, such as the number of the incident');
  const ms = parseDuration(ttl);
  if (ms === undefined || ms <= 0 || ms > longestTtlMs)
    return new OutriggerError('OR2561', `--ttl ${JSON.stringify(ttl)} must be a duration of at most 24h, like 15m`);
  return undefined;
}

async function declare(given: string | undefined, flags: DeclareFlags): Promise<void> {
  const { level, ttl, reason, istioNamespace } = flags;
  const ms = parseDuration(ttl);
  if (level === undefined || reason === undefined || ms === undefined) return;
  const target = targetOf(given);
  const { cluster } = await openCluster(flags);
  const namespace = await chosenNamespace(flags);
  const scope = await scopeOf(cluster, target, { namespace, rootNamespace: istioNamespace });
  const roots = [...new Set([istioNamespace, ...defaultMeshSettings.rootNamespaces])];
  const lost = lossesOf(level, await protectionOf(cluster, scope, roots));
  process.stdout.write(`For ${ttl}, ${level} of ${scope.title}:\n${lost.map((line) => `  - ${line}`).join('\n')}\n`);
  if (flags.skipConfirmation !== true) {
    if (!process.stdin.isTTY) throw new OutriggerError('OR2562', 'this is no terminal');
    await confirm('Take this protection away?');
  }
  const by = await whoAsks(cluster);
  const object = emergencyObject(scope, { level, ttl, reason, by });
  const before = (await statesIn(cluster, new Date(), namespace, () => {})).filter(
    (state) => state.level === level && isFor(state, scope),
  );
  const created = await cluster.create(emergencyPath(scope.namespace), object);
  const { name = '', creationTimestamp = '' } = created['metadata'] as { name?: string; creationTimestamp?: string };
  // The new one is in force: those of the same level and pods give way to it.
  for (const state of before) await finish(cluster, state, `gave way to ${name}, by ${by || 'somebody'}`);
  const until = new Date(Date.parse(creationTimestamp) + ms);
  process.stdout.write(
    `✔ Emergency ${scope.namespace}/${name} is in force until ${until.toISOString()} and ends by itself.\n` +
      `  Before: outrigger emergency off ${scope.namespace}/${name}\n`,
  );
}

async function end(given: string | undefined, flags: PlaceFlags & { all?: boolean }): Promise<void> {
  const { cluster } = await openCluster(flags);
  const namespace = await chosenNamespace(flags);
  let isPart = false;
  const states = await statesIn(cluster, new Date(), namespace, (error) => {
    isPart = true;
    tellPart(error);
  });
  if (given === undefined && flags.all !== true && states.filter(({ inForce }) => inForce).length > 1)
    throw new OutriggerError('OR2561', 'several are in force: name one, or give --all');
  const chosen =
    given === undefined
      ? states
      : await chosenOf(given, states, { cluster, namespace, rootNamespace: flags.istioNamespace });
  if (chosen.length === 0) {
    if (given !== undefined) throw new OutriggerError('OR2563', `none is declared for "${given}"`);
    process.stdout.write(`${noneOf(isPart ? namespace : undefined)}\n`);
    return;
  }
  const by = await whoAsks(cluster);
  for (const state of chosen) {
    await finish(cluster, state, `was ended before its time, by ${by || 'somebody'}`);
    process.stdout.write(
      `✔ Emergency ${state.namespace}/${state.name} ${state.inForce ? 'has ended' : 'was over, and is removed'}.\n`,
    );
  }
}

interface Around {
  readonly cluster: ClusterObjects;
  readonly namespace: string;
  readonly rootNamespace: string;
}

/** By its own name, else all that were declared for a target. */
async function chosenOf(
  given: string,
  states: readonly EmergencyState[],
  { cluster, ...around }: Around,
): Promise<readonly EmergencyState[]> {
  const named = states.filter(({ namespace, name }) => given === `${namespace}/${name}`);
  if (named.length > 0) return named;
  const scope = await scopeOf(cluster, targetOf(given), around);
  return states.filter((state) => isFor(state, scope));
}

function isFor(state: EmergencyState, scope: Scope): boolean {
  const pods = Object.entries(scope.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return state.namespace === scope.namespace && state.pods === pods.join(',');
}

function targetOf(given: string | undefined): Target {
  const target = given === undefined ? undefined : parseTarget(given);
  if (target === undefined)
    throw new OutriggerError('OR2561', 'it needs a target: mesh, ns/NAME, deploy/NAME, sts/NAME, ds/NAME or NAME');
  return target;
}

/** Who has ended one is in the Event; where the caller may write none, the control plane writes it without that. */
async function finish(cluster: ClusterObjects, state: EmergencyState, how: string): Promise<void> {
  await cluster.remove(emergencyPath(state.namespace, state.name));
  if (!state.inForce) return;
  const message = `${whatOf(state)} ${how}`;
  await writeEvent(cluster, eventOf(state, { news: 'over', message }, new Date()), state.namespace).catch(() => {});
}

interface StatusFlags extends PlaceFlags {
  readonly output: 'table' | 'json' | 'yaml';
  readonly watch?: boolean;
}

const watchMs = 2000;

async function status(flags: StatusFlags): Promise<void> {
  const { cluster } = await openCluster(flags);
  const namespace = await chosenNamespace(flags);
  let isTold = false;
  for (;;) {
    const now = new Date();
    let part: string | undefined;
    const states = await statesIn(cluster, now, namespace, (error) => {
      part = namespace;
      if (!isTold) tellPart(error);
      isTold = true;
    });
    if (flags.watch === true && process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
    show(states, { now, output: flags.output, part });
    if (flags.watch !== true) return;
    await sleep(watchMs);
  }
}

function show(
  states: readonly EmergencyState[],
  {
    now,
    output,
    part,
  }: { readonly now: Date; readonly output: StatusFlags['output']; readonly part?: string | undefined },
): void {
  if (output !== 'table') {
    printValue(states, output);
    return;
  }
  printRows(tableOf(states, now), noneOf(part));
  if (states.some(({ inForce }) => !inForce))
    process.stdout.write('What is over has given the protection back, and is removed an hour after its end.\n');
}

/** Who could not look elsewhere says nothing of it. */
const noneOf = (part: string | undefined): string =>
  `No emergency is declared${part === undefined ? '' : ` in ${part}`}.`;

function tellPart({ message, remedy }: OutriggerError): void {
  process.stderr.write(`${message}. ${remedy}\n`);
}

export function tableOf(states: readonly EmergencyState[], now: Date): Table {
  return {
    headers: ['NAMESPACE', 'NAME', 'LEVEL', 'PODS', 'LEFT', 'UNTIL', 'BY', 'REASON'],
    rows: states.map(({ namespace, name, level, pods, until, inForce, by, reason }) => [
      ...[namespace, name, level, pods || '*', inForce ? printAge(until.getTime() - now.getTime()) : 'over'],
      ...[until.toISOString(), by, reason],
    ]),
  };
}
