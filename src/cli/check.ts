import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import type { InstallationFlags } from '../app/installation/installation-options.ts';
import { asOutriggerError } from '../errors.ts';
import { checkBefore, checkInstalled } from '../install/check/check.ts';
import { type CheckLine, failed, printChecks, worst } from '../install/check/check-line.ts';
import { rootSecretName } from '../install/manifest-options.ts';
import { duration, namespaceName } from './flag-values.ts';
import { addClusterFlags, type ClusterFlags, openCluster } from './install-cluster.ts';
import { addInstallationFlags, installationOf } from './installation-flags.ts';

interface Flags extends InstallationFlags, ClusterFlags {
  readonly pre?: boolean;
  readonly namespace: string;
  readonly output: 'table' | 'json' | 'yaml' | 'short';
  readonly wait: number;
}

/** `outrigger check` */
export function checkCommand(): Command {
  return build('check', 'look at the installation piece by piece, with a remedy for what is not well')
    .option('--pre', 'whether it could be installed: API server, rights, other meshes')
    .addHelpText(
      'after',
      `
Examples:
  outrigger check --pre --set profile=demo
  outrigger check
  outrigger check -o json | jq '.checks[] | select(.state == "failed")'
`,
    );
}

/** `outrigger verify-install`: Istio's name of it. */
export function verifyCommand(): Command {
  return build('verify-install', 'look whether what was installed is there, as it was installed, and runs');
}

function build(name: string, description: string): Command {
  const command = new Command(name)
    .description(description)
    .option('-n, --namespace <name>', 'namespace of the control plane', namespaceName, 'outrigger-system')
    .option('--wait <duration>', 'look again until it is well, or for so long', duration, 0)
    .addOption(
      new Option('-o, --output <format>', 'format').choices(['table', 'short', 'json', 'yaml']).default('table'),
    );
  return addInstallationFlags(addClusterFlags(command)).action((flags: Flags) => run(flags));
}

const againMs = 2000;

async function run(flags: Flags): Promise<void> {
  const deadline = Date.now() + flags.wait;
  let lines = await look(flags);
  while (worst(lines) === 'failed' && Date.now() < deadline) {
    await sleep(againMs);
    lines = await look(flags);
  }
  process.stdout.write(print(lines, flags.output));
  if (worst(lines) === 'failed') process.exitCode = 1;
}

async function look(flags: Flags): Promise<readonly CheckLine[]> {
  const draft = flags.pre === true ? installationOf(flags).draft : undefined;
  const now = () => new Date();
  try {
    const { cluster, webhookRoots, meshRoots } = await openCluster(flags);
    if (draft !== undefined) return await checkBefore({ cluster, now }, draft);
    const { namespace, revision } = flags;
    const roots = {
      webhook: () => webhookRoots(namespace, rootSecretName).load(),
      mesh: () => meshRoots(namespace).load(),
    };
    return await checkInstalled({ cluster, namespace, revision, now, roots });
  } catch (error) {
    const { code, detail, remedy } = asOutriggerError(error);
    if (code === 'OR1901') throw error;
    return [failed('kubernetes-api', 'the kubeconfig can be used', { reason: `${code} ${detail}`, hint: remedy })];
  }
}

function print(lines: readonly CheckLine[], output: Flags['output']): string {
  const whole = { success: worst(lines) !== 'failed', checks: lines };
  if (output === 'json') return `${JSON.stringify(whole, null, 2)}\n`;
  if (output === 'yaml') return stringify(whole, { lineWidth: 0 });
  return printChecks(output === 'short' ? lines.filter(({ state }) => state !== 'ok') : lines);
}
