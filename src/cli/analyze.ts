import { Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { analyze } from '../analysis/analyze.ts';
import { analyzers } from '../analysis/analyzers.ts';
import type { Finding } from '../analysis/finding.ts';
import type { FindingSeverity } from '../analysis/finding-catalogue.ts';
import { addConfigOptions, configOf } from '../app/config-command.ts';
import { meshSettings } from '../app/mesh/mesh-settings.ts';
import { OutriggerError } from '../errors.ts';
import { textMapAt } from '../registry/json-fields.ts';
import { type ObjectSource, objectKey, type SourceObject } from '../source/object-source.ts';
import { analysisWorld } from './analysis-world.ts';
import { type AnalyzedFiles, readAnalyzed } from './analyzed-files.ts';
import { type ClusterObjects, noCluster } from './cluster-objects.ts';
import { describeFinding, printFinding } from './finding-text.ts';
import { namespaceName } from './flag-values.ts';
import { withMeshConfig } from './folder-mesh.ts';
import { fileFinding, judgedOf, knownFrom, meshConfigFinding, unreadFindings } from './judged.ts';
import { isSuppressed, readSuppression, type Suppression, suppressedBy } from './suppression.ts';

export interface AnalyzeFlags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly useKube: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly recursive?: boolean;
  readonly output: 'log' | 'json' | 'yaml' | 'table';
  readonly failureThreshold: FindingSeverity;
  readonly outputThreshold: FindingSeverity;
  readonly suppress: readonly Suppression[];
  readonly listAnalyzers?: boolean;
  readonly ignoreUnknown?: boolean;
  readonly systemNamespace: string;
}

const severities: readonly FindingSeverity[] = ['Info', 'Warning', 'Error'];

/** `outrigger analyze`: what is wrong or doubtful in the configuration of a cluster, of files, or of files over a cluster. */
export function command(): Command {
  const collect = (text: string, before: readonly Suppression[]) => [...before, readSuppression(text)];
  const command = new Command('analyze')
    .description('look for what is wrong or doubtful in the configuration of a cluster or of files')
    .argument('[files...]', 'files and folders, - is standard input; none: the cluster alone')
    .option(
      '-n, --namespace <name>',
      'analyze this namespace (default: that of the context; all of files)',
      namespaceName,
    )
    .option('-A, --all-namespaces', 'analyze every namespace')
    .addOption(
      new Option('-k, --use-kube [true|false]', 'read the cluster; files are then taken as applied to it')
        .argParser((text) => text !== 'false')
        .preset('true')
        .default(true),
    )
    .option('-c, --kubeconfig <file>', 'configuration of the cluster')
    .option('--context <name>', 'context of the kubeconfig')
    .option('-R, --recursive', 'folders within folders, too')
    .addOption(new Option('-o, --output <format>', 'format').choices(['log', 'json', 'yaml', 'table']).default('log'))
    .addOption(threshold('--failure-threshold <level>', 'exit code 1 from findings of this level on', 'Error'))
    .addOption(threshold('--output-threshold <level>', 'print findings of this level and above', 'Info'))
    .option('-S, --suppress <CODE=KIND NS/NAME>', 'leave out findings; stars are allowed, repeat it', collect, [])
    .option('-L, --list-analyzers', 'list what is looked for, and nothing else')
    .option('--ignore-unknown', 'say nothing of documents that cannot be read')
    .option('-i, --system-namespace <name>', 'namespace of the control plane', namespaceName, 'outrigger-system')

    .addHelpText(
      'after',
      `
Examples:
  outrigger analyze                                   # the namespace of the current context
  outrigger analyze -A                                # the whole cluster
  outrigger analyze my-mesh/ --use-kube=false         # files alone
  kubectl get vs -o yaml | outrigger analyze -        # files over the cluster
  outrigger analyze -n shop --suppress "OR3020=AuthorizationPolicy shop/*" --failure-threshold Warning

Exit codes: 0 nothing at the threshold, 1 findings or an error, 2 a wrong command line. docs/findings.md lists the codes.
`,
    );
  for (const option of withoutEffect) command.addOption(option.hideHelp());
  return addConfigOptions(command, 'injection').action((files: string[]) => run(command, files));
}

/** Flags of istioctl that change nothing here; whoever types them gets what was asked for. */
const withoutEffect = [
  new Option('--color', 'colours are there on a terminal'),
  new Option('-v, --verbose', 'everything is said'),
  new Option('--timeout <duration>', 'each call of the cluster has a limit of its own'),
  new Option('-r, --revision <name>', 'all revisions read the same resources'),
];

function threshold(flags: string, description: string, fallback: FindingSeverity): Option {
  return new Option(flags, description).default(fallback).argParser((text) => {
    const found = severities.find((level) => level.toLowerCase() === text.toLowerCase());
    if (found === undefined) throw new InvalidArgumentError('It has to be Info, Warning or Error.');
    return found;
  });
}

async function run(command: Command, names: readonly string[]): Promise<void> {
  const flags = command.opts<AnalyzeFlags>();
  if (flags.listAnalyzers === true) {
    process.stdout.write(listOfAnalyzers());
    return;
  }
  if (!flags.useKube && names.length === 0) throw new OutriggerError('OR2552', 'neither files nor a cluster are given');
  const files = await readAnalyzed(names, { stdin: process.stdin, recursive: flags.recursive === true });
  // What cannot be read is among the findings.
  const cluster = flags.useKube ? await readCluster(flags) : noCluster;
  if (flags.namespace !== undefined) refuseNamespace(flags.namespace, [cluster, files], cluster);
  const found = await findingsOf(command, { files, cluster });
  report(found, { flags, names, namespace: flags.namespace ?? cluster.namespace });
}

/** Of what is not there nothing would be found, which would be taken for good news. Throws OR2555. */
function refuseNamespace(
  name: string,
  given: readonly { readonly objects: readonly SourceObject[] }[],
  { isRead, unread }: ClusterObjects,
): void {
  const isThere = ({ kind, name: own, namespace }: SourceObject) =>
    namespace === name || (kind === 'Namespace' && own === name);
  if (!isRead || unread.has('Namespace') || given.some(({ objects }) => objects.some(isThere))) return;
  throw new OutriggerError('OR2555', `the cluster has no namespace ${name}`);
}

/** client-node takes a third of a second to load: only here. */
async function readCluster(flags: AnalyzeFlags): Promise<ClusterObjects> {
  const { readClusterObjects } = await import('./cluster-mesh.ts');
  return readClusterObjects(flags, () => {});
}

interface Read {
  readonly files: AnalyzedFiles;
  readonly cluster: ClusterObjects;
}

async function findingsOf(command: Command, { files, cluster }: Read): Promise<readonly Finding[]> {
  const flags = command.opts<AnalyzeFlags>();
  const given = new Set(files.objects.map(objectKey));
  const objects = [...cluster.objects.filter((object) => !given.has(objectKey(object))), ...files.objects];
  const configured = await configOf(command, process.env, cluster.sets);
  const notes: Finding[] = [];
  const config = await withMeshConfig(configured, sourceOf(objects), (note, message) => {
    notes.push(meshConfigFinding(note, message));
  });
  const world = analysisWorld({
    ...{ objects, config, settings: meshSettings(config), offline: !flags.useKube },
    systemNamespace: flags.systemNamespace,
    judged: judgedOf(flags, given, cluster),
    knows: knownFrom(objects, cluster),
    proxyImage: flags.useKube ? cluster.proxyImage : config.injection.image.proxy,
  });
  const silenced = new Map(
    objects.map((object) => [objectKey(object), suppressedBy(textMapAt(object.object, 'metadata', 'annotations'))]),
  );
  const isSilent = ({ code, origin }: Finding) =>
    (silenced.get(objectKey(origin)) ?? []).some((text) => text === '*' || text === code);
  const faults = flags.ignoreUnknown === true ? [] : files.faults.map(fileFinding);
  return [
    ...faults,
    ...unreadFindings(cluster.unread),
    ...notes.filter(({ origin }) => world.judged(origin)),
    ...analyze(world),
  ]
    .filter((one) => !isSuppressed(one, flags.suppress) && !isSilent(one))
    .map((one) => ({ ...one, origin: files.placed(one.origin) }));
}

function sourceOf(objects: readonly SourceObject[]): ObjectSource {
  return {
    objectsSynced: true,
    onObjects: (listener) => {
      listener({ upserts: objects, removals: [] });
      return () => {};
    },
  };
}

interface Asked {
  readonly flags: AnalyzeFlags;
  readonly names: readonly string[];
  readonly namespace: string;
}

function report(all: readonly Finding[], { flags, names, namespace }: Asked): void {
  const level = ({ severity }: Finding) => severities.indexOf(severity);
  const shown = all.filter((one) => level(one) >= severities.indexOf(flags.outputThreshold));
  process.stdout.write(print(shown, flags, whatWasAnalyzed({ flags, names, namespace })));
  if (all.some((one) => level(one) >= severities.indexOf(flags.failureThreshold))) process.exitCode = 1;
}

function print(found: readonly Finding[], { output }: AnalyzeFlags, what: string): string {
  if (output === 'json') return `${JSON.stringify(found.map(describeFinding), null, 2)}\n`;
  if (output === 'yaml') return stringify(found.map(describeFinding), { lineWidth: 0 });
  if (found.length === 0) return `✔ No validation issues found when analyzing ${what}.\n`;
  const colour = process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
  return `${found.map((one) => printFinding(one, colour)).join('\n')}\n`;
}

function whatWasAnalyzed({ flags, names, namespace }: Asked): string {
  if (flags.allNamespaces === true) return 'all namespaces';
  return names.length > 0 && flags.namespace === undefined ? names.join(', ') : `namespace: ${namespace}`;
}

function listOfAnalyzers(): string {
  const width = Math.max(...analyzers.map(({ name }) => name.length));
  const rows = analyzers.map(
    ({ name, codes, description }) => `* ${`${name}:`.padEnd(width + 1)} ${description} (${codes.join(', ')})`,
  );
  return `${rows.join('\n')}\n`;
}
