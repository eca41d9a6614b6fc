import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { OutriggerError } from '../errors.ts';
import { uninstall } from '../install/uninstall.ts';
import { planUninstall, type UninstallPlan } from '../install/uninstall-plan.ts';
import { duration, namespaceName } from './flag-values.ts';
import { addClusterFlags, type ClusterFlags, confirm, interruption, openCluster, whoAmI } from './install-cluster.ts';

interface Flags extends ClusterFlags {
  readonly purge?: boolean;
  readonly revision?: string;
  readonly skipConfirmation?: boolean;
  readonly dryRun?: boolean;
  readonly namespace: string;
  readonly timeout?: number;
}

/** `outrigger uninstall` */
export function command(): Command {
  const command = new Command('uninstall')
    .description('remove what was installed, and nothing else')
    .option('--purge', 'the roots of the mesh and the custom resource definitions, too')
    .option('-r, --revision <name>', 'one revision alone; what others share stays')
    .option('-y, --skip-confirmation', 'do not ask')
    .option('--dry-run', 'list what would be removed and change nothing')
    .option('-n, --namespace <name>', 'namespace of the control plane', namespaceName, 'outrigger-system')
    .option('--timeout <duration>', 'wait so long for the control plane to end: 90s; 2m without it', duration);
  return addClusterFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  outrigger uninstall --purge -y
  outrigger uninstall --revision canary

Pods keep their proxies until they are made anew: \`kubectl rollout restart deployment -n NAMESPACE\`.
Without --purge the roots stay, so that an installation later is trusted by the proxies that still run.
`,
    )
    .action((flags: Flags) => run(flags));
}

async function run(flags: Flags): Promise<void> {
  const { cluster, server } = await openCluster(flags);
  const { namespace, revision, purge = false } = flags;
  const scope = { namespace, revision, purge };
  const plan = await planUninstall(cluster, scope);
  const empty = plan.objects.length === 0 && plan.namespaces.length === 0;
  if (empty && revision !== undefined) throw new OutriggerError('OR2512', `no revision "${revision}" in ${namespace}`);
  if (empty) {
    process.stdout.write(`Nothing of Outrigger is in ${server}.\n`);
    return;
  }
  process.stdout.write(`${describe(plan, scope, server)}\n`);
  if (flags.dryRun === true) return;
  if (flags.skipConfirmation !== true) await confirm('Proceed?');
  const stop = interruption();
  try {
    const onDone = (text: string) => void process.stdout.write(`✔ ${text}\n`);
    const time = { now: () => new Date(), sleep: (ms: number) => sleep(ms), timeoutMs: flags.timeout ?? 120_000 };
    await uninstall({ cluster, scope, holder: whoAmI(), signal: stop.signal, onDone, ...time }, plan);
    process.stdout.write(`${revision === undefined ? 'Outrigger' : `Revision ${revision} of Outrigger`} is removed.\n`);
  } finally {
    stop.release();
  }
}

const shownNames = 10;

function describe(
  plan: UninstallPlan,
  scope: { namespace: string; revision?: string | undefined },
  server: string,
): string {
  const what = scope.revision === undefined ? 'Outrigger' : `revision ${scope.revision} of Outrigger`;
  const lines = [
    `This removes ${what} (${plan.objects.length} objects, control plane in ${scope.namespace}) from ${server}.`,
  ];
  if (plan.asking.length > 0)
    lines.push(
      `‼ New pods of ${some(plan.asking)} would get no proxy: label them for another revision, or move the tag by \`outrigger tag set\` first`,
    );
  if (plan.injected.length > 0)
    lines.push(`‼ ${plan.injected.length} pods keep a proxy that nobody configures any more: ${some(plan.injected)}`);
  if (plan.lost.length > 0) lines.push(`‼ ${plan.lost.length} resources go with their kinds: ${some(plan.lost)}`);
  if (plan.keptKinds !== undefined) lines.push(`‼ The custom resource definitions stay: ${plan.keptKinds}`);
  return lines.join('\n');
}

function some(names: readonly string[]): string {
  const more = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
