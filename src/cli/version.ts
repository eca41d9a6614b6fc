import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { asOutriggerError } from '../errors.ts';
import { type MeshVersions, meshVersions } from '../install/versions.ts';
import { namespaceName } from './flag-values.ts';
import { addClusterFlags, type ClusterFlags, openCluster } from './install-cluster.ts';

/** The version of this build. Throws when package.json is not beside it, which no installation lacks. */
export function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String(JSON.parse(text).version);
}

interface Flags extends ClusterFlags {
  readonly output: 'text' | 'json' | 'yaml';
  readonly short?: boolean;
  readonly client?: boolean;
  readonly remote: string;
  readonly namespace: string;
}

/** `outrigger version` */
export function command(): Command {
  const command = new Command('version')
    .description('print the versions of this program, of the control plane and of the proxies')
    .option('-s, --short', 'a line for each, without replicas')
    .option('--remote [flag]', 'ask the cluster; --remote=false is this program alone', 'true')
    .option('--client', 'as --remote=false')
    .option('-n, --namespace <name>', 'namespace of the control plane', namespaceName, 'outrigger-system')
    .addOption(new Option('-o, --output <format>', 'format').choices(['text', 'json', 'yaml']).default('text'));
  return addClusterFlags(command)
    .addHelpText('after', '\nExit code 1 where a cluster was asked in vain, after what is known; --client asks none.\n')
    .action((flags: Flags) => run(flags));
}

async function run(flags: Flags): Promise<void> {
  const alone = flags.client === true || flags.remote === 'false';
  const remote = alone ? undefined : await ask(flags);
  const tree = {
    clientVersion: { version: ownVersion() },
    ...(remote === undefined
      ? {}
      : {
          meshVersion: remote.controlPlane.map(({ pod, revision, version }) => ({
            ...{ Component: 'pilot', Revision: revision, Pod: pod, Info: { version } },
          })),
          dataPlaneVersion: remote.proxies.map(({ id, version }) => ({ ID: id, IstioVersion: version })),
        }),
  };
  if (flags.output === 'json') process.stdout.write(`${JSON.stringify(tree, null, 2)}\n`);
  else if (flags.output === 'yaml') process.stdout.write(stringify(tree));
  else process.stdout.write(versionText(ownVersion(), remote, flags.short === true));
}

/**
 * Whoever has no kubeconfig asked for the version of this program. A cluster that was asked in vain is a failure, after what is
 * known has been printed, as of kubectl.
 */
async function ask(flags: Flags): Promise<MeshVersions | undefined> {
  try {
    const { cluster } = await openCluster(flags);
    return await meshVersions(cluster, flags.namespace);
  } catch (error) {
    const { code, detail, entry } = asOutriggerError(error);
    if (code === 'OR1901') throw error;
    process.stderr.write(`! The cluster's versions are not known: ${code} ${detail}. ${entry.remedy}\n`);
    const isNamed = flags.kubeconfig !== undefined || flags.context !== undefined;
    if (isNamed || code !== 'OR1631') process.exitCode = 1;
    return undefined;
  }
}

export function versionText(client: string, remote: MeshVersions | undefined, short: boolean): string {
  const lines = [`client version: ${client}`];
  if (remote !== undefined) {
    const { controlPlane, proxies } = remote;
    const versions = [...new Set(controlPlane.map(({ version }) => version))].sort();
    lines.push(`control plane version: ${versions.length === 0 ? 'none' : versions.join(', ')}`);
    if (!short)
      for (const { pod, revision, version } of controlPlane) lines.push(`  ${pod} (revision ${revision}): ${version}`);
    lines.push(`data plane version: ${countByVersion(proxies.map(({ version }) => version))}`);
  }
  return `${lines.join('\n')}\n`;
}

function countByVersion(versions: readonly string[]): string {
  if (versions.length === 0) return 'none';
  const counts = new Map<string, number>();
  for (const version of versions) counts.set(version, (counts.get(version) ?? 0) + 1);
  const told = [...counts].sort(([left], [right]) => (left < right ? -1 : 1));
  return told.map(([version, count]) => `${version} (${count} ${count === 1 ? 'proxy' : 'proxies'})`).join(', ');
}
