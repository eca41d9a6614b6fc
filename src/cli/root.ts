import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { beginRotation } from '../identity/rotation/begin.ts';
import { readGivenRoot } from '../identity/rotation/given-root.ts';
import type { ReplicaAnswer } from '../identity/rotation/proof.ts';
import { type RotationProgress, rotate } from '../identity/rotation/rotate.ts';
import { makeMeshRoot } from '../identity/workload/make-mesh-root.ts';
import { certificateFile, eachOf, httpsUrl, namespaceName, podName, portNumber } from './flag-values.ts';
import { type RootPlaceFlags, rootPlace } from './root-place.ts';
import { describeStatus, machinesLine, printStatus, progressLine, stageTexts } from './root-text.ts';

interface StatusFlags extends RootPlaceFlags {
  readonly output: 'text' | 'json' | 'yaml';
}

interface RotateFlags extends StatusFlags {
  readonly to?: string;
  readonly timeout: number;
  readonly until?: 'trust' | 'switch';
  readonly without: readonly string[];
  readonly mountSeconds?: number;
}

/** Something is left to do, and the operator has to look at it. */
const unfinished = 3;

const machinesHelp = `
Machines outside of Kubernetes: their proxies read the root by which they trust the control plane from a file, root-cert.pem,
and nothing here proves that it was renewed. Where there are any, stop with --until trust, write their files again with
\`outrigger workload entry configure\`, copy root-cert.pem to each machine, and go on without --until.`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** `outrigger root`: the root of the mesh, which signs the certificates of workloads. Exit codes: 0, 1, 2 as ever, 3 unfinished. */
export function command(): Command {
  const status = withPlace(new Command('status'))
    .description('show the roots of the mesh, how long they are valid, and which proxies follow them')
    .action(() => showStatus(status.opts<StatusFlags>()));
  const replace = withPlace(new Command('rotate'))
    .description(
      'replace the root of the mesh in stages, each proved on every proxy before the next; takes up what was left',
    )
    .option('--to <folder>', 'a root of your own: ca-cert.pem, ca-key.pem, root-cert.pem, cert-chain.pem')
    .option('--timeout <seconds>', 'how long one stage may take', someSeconds, 600)
    .addOption(new Option('--until <stage>', 'go no further than this stage, proved').choices(['trust', 'switch']))
    .option(
      '--without <namespace/pod>',
      'do not wait for this pod; it is cut off; may be given again',
      eachOf(podName),
      [],
    )
    .option(
      '--mount-seconds <seconds>',
      'how long ConfigMaps take to be in the pods (default: 120 in a cluster)',
      seconds,
    )
    .addHelpText('after', machinesHelp)
    .action(() => runRotation(replace.opts<RotateFlags>()));
  return new Command('root').description('the root of the mesh').addCommand(status).addCommand(replace);
}

function withPlace(command: Command): Command {
  return command
    .option(
      '--state-dir <folder>',
      'state folder of a control plane without a cluster; without it the cluster is asked',
    )
    .option('--replica <url>', 'with --state-dir: where a replica answers; may be given again', eachOf(httpsUrl), [])
    .option(
      '--ca-file <file>',
      "with --state-dir: CA of the replicas (default: the state folder's ca.crt)",
      certificateFile,
    )
    .option('--kubeconfig <file>', 'of the cluster')
    .option('--context <name>', 'of the kubeconfig')
    .option('-n, --namespace <name>', 'of the control plane', namespaceName, 'outrigger-system')
    .option('--port <port>', 'HTTPS port of the control plane', portNumber, 15_017)
    .addOption(new Option('-o, --output <format>', 'format').choices(['text', 'json', 'yaml']).default('text'));
}

function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('It has to be a number of seconds.');
  return number;
}

function someSeconds(value: string): number {
  if (seconds(value) > 0) return seconds(value);
  throw new InvalidArgumentError('It has to be more than 0 seconds.');
}

async function showStatus(flags: StatusFlags): Promise<void> {
  const { store, ask } = rootPlace(flags);
  const [stored, answers] = await Promise.all([store.read(), ask()]);
  const status = describeStatus(store.place, stored, answers, new Date());
  print(status, flags.output, () => printStatus(status));
  if (status.stage !== 'none' || status.behind.length > 0 || status.warnings.length > 0) process.exitCode = unfinished;
}

async function runRotation(flags: RotateFlags): Promise<void> {
  const { store, ask, mountMs, check } = rootPlace(flags);
  // All that can be wrong is found before anything is written.
  await store.read();
  check();
  const given = flags.to === undefined ? undefined : await readGivenRoot(flags.to);
  const now = new Date();
  const begun = await beginRotation({ store, given, make: () => makeMeshRoot(new Date()), now });
  say(begun === 'begun' ? 'A rotation begins.' : 'A rotation is under way: it is taken up.');
  let last = '';
  let answers: readonly ReplicaAnswer[] = [];
  const heard = async () => {
    answers = await ask();
    return answers;
  };
  const end = await rotate({
    ...{ store, ask: heard, sleep, now: Date.now, pollMs: 1000 },
    without: new Set(flags.without),
    ...(flags.until === undefined ? {} : { until: flags.until }),
    timeoutMs: flags.timeout * 1000,
    mountMs: flags.mountSeconds === undefined ? mountMs : flags.mountSeconds * 1000,
    onProgress: (progress) => {
      const line = progressLine(progress);
      if (line !== last) say(line);
      last = line;
      const machines = progress.stage === 'trust' && progress.behind.length === 0 ? machinesLine(answers) : undefined;
      if (machines !== undefined) say(machines);
    },
  });
  const complete = end.stage === 'none';
  print({ complete, ...end }, flags.output, () => outcome(end, flags.timeout));
  if (end.behind.length > 0) process.exitCode = unfinished;
}

function outcome({ stage, behind }: RotationProgress, timeout: number): string {
  if (stage === 'none') return 'The root of the mesh is the new one, everywhere.\n';
  if (behind.length === 0)
    return `Every proxy has the stage ${stage} (${stageTexts[stage]}). Run the command again without --until to go on.\n`;
  const who = behind.map(({ kind, who, why }) => `  ${kind} ${who}: ${why}`);
  return [
    `Stopped after ${timeout} s in the stage ${stage} (${stageTexts[stage]}). Nobody is cut off.`,
    ...who,
    'Mend these, or give a pod up with --without, and run the command again: it goes on from here.\n',
  ].join('\n');
}

function print(value: unknown, output: StatusFlags['output'], words: () => string): void {
  if (output === 'text') process.stdout.write(words());
  else process.stdout.write(output === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value));
}
