import { Command } from 'commander';
import { OutriggerError } from '../errors.ts';
import { chooseRevision, installedOptions } from '../install/check/installed.ts';
import type { InstallCluster } from '../install/cluster.ts';
import type { ManifestOptions } from '../install/manifest-options.ts';
import { printManifests } from '../install/print-manifests.ts';
import { listTags, removeTag, setTag, tagObjects } from '../install/tags.ts';
import { type Output, outputOption } from './cluster-flags.ts';
import { namespaceName, revisionName } from './flag-values.ts';
import { addClusterFlags, type ClusterFlags, confirm, openCluster } from './install-cluster.ts';
import { printRows, printValue } from './print-value.ts';

interface Flags extends ClusterFlags {
  readonly namespace: string;
}

interface RevisionFlags extends Flags {
  readonly revision: string;
  readonly overwrite?: boolean;
}

/** `outrigger tag`: names that namespaces ask for a revision by, so that an upgrade moves them all at once. */
export function command(): Command {
  const command = new Command('tag')
    .description('point names to revisions: namespaces are labelled istio.io/rev=TAG')
    .addHelpText(
      'after',
      `
Examples:
  outrigger tag set prod --revision canary               new pods of namespaces labelled istio.io/rev=prod are of revision canary
  outrigger tag set prod --revision next --overwrite     moves it: at once, and no pod is left without a proxy
  outrigger tag list
  outrigger tag generate prod --revision canary          the object, for GitOps
  outrigger tag remove prod

Pods that run keep their proxies until they are made anew: \`kubectl rollout restart deployment -n NAMESPACE\`.
`,
    );
  command.addCommand(
    ofRevision('set', 'make a tag, or move it').option('--overwrite', 'also where another revision has it').action(set),
  );
  command.addCommand(ofRevision('generate', 'print the object of a tag').action(generate));
  command.addCommand(
    flagged(new Command('list').description('tags, their revisions and who uses them'))
      .addOption(outputOption('table', 'json', 'yaml'))
      .action(list),
  );
  command.addCommand(
    flagged(new Command('remove').description('remove a tag'))
      .argument('<tag>', 'its name')
      .option('-y, --skip-confirmation', 'do not ask')
      .action(remove),
  );
  return command;
}

function flagged(command: Command): Command {
  return addClusterFlags(command).option(
    ...(['-n, --namespace <name>', 'namespace of the control plane'] as const),
    namespaceName,
    'outrigger-system',
  );
}

function ofRevision(name: string, description: string): Command {
  return flagged(new Command(name).description(description))
    .argument('<tag>', 'its name', revisionName)
    .requiredOption('-r, --revision <name>', 'revision that it points to');
}

async function optionsOf(cluster: InstallCluster, { namespace, revision }: RevisionFlags): Promise<ManifestOptions> {
  const [options] = chooseRevision(await installedOptions(cluster, namespace), revision, namespace);
  if (options === undefined) throw new OutriggerError('OR2512', `no revision ${revision} in ${namespace}`);
  return options;
}

async function set(tag: string, flags: RevisionFlags): Promise<void> {
  const { cluster } = await openCluster(flags);
  const to = await optionsOf(cluster, flags);
  const had = await setTag({ cluster, to, tag, overwrite: flags.overwrite === true });
  const from = had === undefined ? '' : `, no more to ${had}`;
  process.stdout.write(`✔ Tag ${tag} points to revision ${to.revision}${from}.\n`);
  const namespaces = (await listTags(cluster, flags.namespace)).find((one) => one.tag === tag)?.namespaces ?? [];
  if (namespaces.length === 0)
    process.stdout.write(`No namespace uses it: \`kubectl label namespace NAMESPACE istio.io/rev=${tag}\`.\n`);
  else
    process.stdout.write(
      `Pods that run keep their proxies until they are made anew: ${namespaces.map((name) => `\`kubectl rollout restart deployment -n ${name}\``).join(', ')}.\n`,
    );
}

async function generate(tag: string, flags: RevisionFlags): Promise<void> {
  const { cluster } = await openCluster(flags);
  process.stdout.write(printManifests(tagObjects(await optionsOf(cluster, flags), tag), 'yaml'));
}

async function list(flags: Flags & { readonly output: Output }): Promise<void> {
  const { cluster } = await openCluster(flags);
  const tags = await listTags(cluster, flags.namespace);
  if (flags.output === 'json' || flags.output === 'yaml') return printValue(tags, flags.output);
  const rows = tags.map(({ tag, revision, namespaces }) => [tag, revision, namespaces.join(', ')]);
  printRows({ headers: ['TAG', 'REVISION', 'NAMESPACES'], rows }, `There is no tag in ${flags.namespace}.`);
}

async function remove(tag: string, flags: Flags & { readonly skipConfirmation?: boolean }): Promise<void> {
  const { cluster } = await openCluster(flags);
  const found = (await listTags(cluster, flags.namespace)).find((one) => one.tag === tag);
  const users = found?.namespaces ?? [];
  if (users.length > 0)
    process.stdout.write(`‼ New pods of ${users.join(', ')}, which ask for ${tag}, would get no proxy.\n`);
  if (found !== undefined && flags.skipConfirmation !== true) await confirm(`Remove the tag ${tag}?`);
  await removeTag(cluster, flags.namespace, tag);
  process.stdout.write(`✔ Tag ${tag} is removed.\n`);
}
