import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { InstallationFlags } from '../app/installation/installation-options.ts';
import { OutriggerError } from '../errors.ts';
import { buildManifests } from '../install/build-manifests.ts';
import { beforeInstall, install } from '../install/install.ts';
import { complete, type Draft, defaultManifestOptions, rootSecretName } from '../install/manifest-options.ts';
import { titleOf } from '../install/object-path.ts';
import { printManifests } from '../install/print-manifests.ts';
import { surplusOf } from '../install/surplus.ts';
import type { FoundObject } from '../install/uninstall-plan.ts';
import { duration } from './flag-values.ts';
import { addClusterFlags, type ClusterFlags, confirm, interruption, openCluster, whoAmI } from './install-cluster.ts';
import { installProgress } from './install-progress.ts';
import { addInstallationFlags, installationOf } from './installation-flags.ts';
import { ownVersion } from './version.ts';

interface Flags extends InstallationFlags, ClusterFlags {
  readonly skipConfirmation?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly wait: boolean;
  readonly timeout?: number;
}

/** `outrigger install` */
export function command(): Command {
  const command = new Command('install')
    .description('install the mesh into a cluster, or bring what is there up to date')
    .option('-y, --skip-confirmation', 'do not ask')
    .option('--dry-run', 'print the objects and change nothing')
    .option('--force', 'take over fields that somebody else has changed')
    .option('--wait', 'wait until all of it is ready', true)
    .option('--no-wait', 'return when all is applied')
    .option(
      '--readiness-timeout, --timeout <duration>',
      'wait so long for each part: 90s; 5m without it; a minute for pods that cannot start',
      duration,
    );
  return addInstallationFlags(addClusterFlags(command))
    .addHelpText(
      'after',
      `
Examples:
  outrigger install --set profile=demo -y
  outrigger install --set meshConfig.accessLogFile=/dev/stdout --set image=registry.example/outrigger:1
  outrigger install --revision canary            beside what is installed: label namespaces istio.io/rev=canary
  outrigger install --set profile=demo --dry-run > outrigger.yaml
`,
    )
    .action((flags: Flags) => run(flags));
}

async function run(flags: Flags): Promise<void> {
  const { draft, profile, isProfileNamed } = installationOf(flags);
  const namespace = draft.namespace ?? defaultManifestOptions.namespace;
  const { cluster, server, roots, webhookRoots } = await openCluster(flags);
  if (flags.dryRun === true) {
    const found = draft.caPem ?? (await webhookRoots(namespace, rootSecretName).load())?.certificatePem;
    if (found === undefined)
      process.stderr.write('! The caBundle is left out: its certificate is made by `install`.\n');
    const plan = complete({ ...draft, caPem: found ?? '' });
    const objects = buildManifests(plan);
    const lost = (await surplusOf(cluster, objects, plan)) ?? [];
    if (lost.length > 0) process.stderr.write(`! \`install\` would remove: ${lost.map(titleOf).join(', ')}\n`);
    process.stdout.write(printManifests(objects, 'yaml'));
    return;
  }
  const progress = installProgress(process.stdout);
  const stop = interruption();
  const options = {
    ...{ cluster, draft, now: () => new Date(), sleep: (ms: number) => sleep(ms) },
    ...{ roots: roots(namespace, rootSecretName), holder: whoAmI(), force: flags.force === true },
    ...{ wait: flags.wait, timeoutMs: flags.timeout ?? 300_000, signal: stop.signal, onProgress: progress.tell },
  };
  try {
    const before = await beforeInstall(options);
    const lost = before.lost.map(titleOf).join(', ');
    // Whoever names nothing and is asked nothing has not said that a gateway may go (0301).
    const isSaid = isProfileNamed || flags.skipConfirmation !== true || before.lost.every(isTag);
    if (!isSaid) throw new OutriggerError('OR2516', `the profile ${profile}, which none was named for, has no ${lost}`);
    if (lost !== '') progress.tell({ kind: 'warning', text: `This removes what these options have no more: ${lost}` });
    if (flags.skipConfirmation !== true) await confirm(question({ draft, profile, namespace, server }));
    await install(options, before);
    progress.end(`Outrigger ${ownVersion()} is installed in ${namespace}, profile ${profile}.`);
  } finally {
    progress.clear();
    stop.release();
  }
}

/** Tags go only by `revisionTags`. */
function isTag({ metadata }: FoundObject): boolean {
  return metadata.name.startsWith('outrigger-revision-tag-');
}

function question(about: { draft: Draft; profile: string; namespace: string; server: string }): string {
  const { gateways = defaultManifestOptions.gateways, revision = 'default' } = about.draft;
  const names = [...(gateways.ingress ? ['ingress'] : []), ...(gateways.egress ? ['egress'] : [])];
  const edge = names.length === 0 ? 'no gateway' : `the ${names.join(' and ')} gateway in ${gateways.namespace}`;
  return [
    `This installs Outrigger ${ownVersion()} (profile ${about.profile}, revision ${revision}) into ${about.server}:`,
    `  the control plane in ${about.namespace}, ${edge}, the kinds of Istio's API, and the webhooks.`,
    'Proceed?',
  ].join('\n');
}
