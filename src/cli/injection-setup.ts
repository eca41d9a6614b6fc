import type { Command } from 'commander';
import { bootstrapPatcher } from '../app/bootstrap-patches.ts';
import { addConfigOptions, configOf } from '../app/config-command.ts';
import { readTemplateTexts } from '../app/places.ts';
import type { ErrorCode } from '../errors.ts';
import { buildInjector } from '../inject/build-injector.ts';
import type { Surroundings } from '../inject/object-injection.ts';
import { asAnyOf, type InstalledRevisions } from '../model/installed-revisions.ts';
import type { ClusterFacts } from '../model/pod.ts';
import { namespaceFacts, parsePairs } from '../preview/namespace-facts.ts';
import { FilesSource } from '../source/files/files-source.ts';
import { withGivenNamespaces } from './given-namespaces.ts';
import type { InputFile } from './input-files.ts';

/** The options that every injecting command has. */
export interface InjectionFlags {
  readonly namespace?: string;
  readonly namespaceLabels?: string;
  readonly namespaceAnnotations?: string;
  readonly config?: string;
  readonly kubernetes?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function addInjectionOptions(command: Command): Command {
  command
    .option('-n, --namespace <name>', 'namespace of objects that name none (default: default)')
    .option('--namespace-labels <k=v,…>', "the namespace's labels, in place of those that are known")
    .option('--namespace-annotations <k=v,…>', "the namespace's annotations, in place of those that are known")
    .option('--config <folder>', 'take namespaces and nodes from the YAML files of a folder')
    .option('--kubernetes', 'take namespaces and nodes from the cluster of the kubeconfig')
    .option('--kubeconfig <file>', 'kubeconfig to use with --kubernetes')
    .option('--context <name>', 'context to use with --kubernetes');
  return addConfigOptions(command, 'injection');
}

/** A mesh that nobody described: the namespace takes part, and nodes are new enough for native sidecars. */
function offlineFacts(tellAssumed: (name: string) => void): ClusterFacts {
  return {
    namespace: (name) => {
      tellAssumed(name);
      return { name, labels: { 'istio-injection': 'enabled' }, annotations: {} };
    },
    fetchNamespace: async () => undefined,
    nodes: () => [],
    synced: true,
  };
}

/** Says once for each namespace what is assumed of it. */
export function sayAssumed(say: (line: string) => void): (name: string) => void {
  const told = new Set<string>();
  return (name) => {
    if (told.has(name)) return;
    told.add(name);
    say(
      `namespace ${name} is assumed to have istio-injection=enabled; --namespace-labels, --config or --kubernetes tell otherwise`,
    );
  };
}

/** What the commands inject with: configuration, templates, and namespaces from where the flags say. */
export async function setUpInjection(
  command: Command,
  inputs: readonly InputFile[],
  say: (line: string) => void,
  tellAssumed: (name: string) => void = () => {},
): Promise<Surroundings> {
  const flags = command.opts<InjectionFlags>();
  const { facts, installed } = await knownOf(flags, say, flags.namespaceLabels === undefined ? tellAssumed : () => {});
  const { namespace } = withGivenNamespaces(facts, inputs);
  const proxyConfigs: ClusterFacts['proxyConfigs'] = (name, labels) => facts.proxyConfigs?.(name, labels);
  const bootstrapFilters: ClusterFacts['bootstrapFilters'] = (name) => facts.bootstrapFilters?.(name);
  const stoppedInjection: ClusterFacts['stoppedInjection'] = (name, labels) => facts.stoppedInjection?.(name, labels);
  const known = { namespace, nodes: () => facts.nodes(), proxyConfigs, bootstrapFilters, stoppedInjection };
  return injectionWith(command, { ...known, installed }, say);
}

interface Known
  extends Pick<ClusterFacts, 'namespace' | 'nodes' | 'proxyConfigs' | 'bootstrapFilters' | 'stoppedInjection'> {
  /** Of a cluster: a pod is injected by whichever of them it asks for. */
  readonly installed?: InstalledRevisions | undefined;
}

/** The same with facts that are known already. */
export async function injectionWith(
  command: Command,
  facts: Known,
  say: (line: string) => void,
): Promise<Surroundings> {
  const flags = command.opts<InjectionFlags>();
  const { config, reports } = await configOf(command, process.env);
  for (const report of reports) {
    if (report.state === 'reported') say(`istio-values: ${report.key} has no effect: ${report.text}`);
  }
  const settings = facts.installed === undefined ? config.injection : asAnyOf(config.injection, facts.installed);
  return {
    injector: buildInjector(settings, readTemplateTexts(), bootstrapPatcher(config.mesh.rootNamespaces)),
    nodes: facts.nodes(),
    proxyConfigsOf: (name, labels) => facts.proxyConfigs?.(name, labels),
    bootstrapFiltersOf: (name) => facts.bootstrapFilters?.(name),
    stoppedInjectionOf: (name, labels) => facts.stoppedInjection?.(name, labels),
    namespaceOf: namespaceFacts(facts, {
      namespace: flags.namespace,
      labels: flags.namespaceLabels === undefined ? undefined : parsePairs(flags.namespaceLabels, '--namespace-labels'),
      annotations:
        flags.namespaceAnnotations === undefined
          ? undefined
          : parsePairs(flags.namespaceAnnotations, '--namespace-annotations'),
    }),
  };
}

async function knownOf(
  flags: InjectionFlags,
  say: (line: string) => void,
  tellAssumed: (name: string) => void,
): Promise<{ facts: ClusterFacts; installed?: InstalledRevisions | undefined }> {
  if (flags.config !== undefined) return { facts: await folderFacts(flags.config, say) };
  if (flags.kubernetes || flags.kubeconfig !== undefined || flags.context !== undefined) {
    const read = await readCluster(flags);
    if (read.installed === undefined)
      say('warning: webhooks may not be listed: tags and other revisions are not known');
    return read;
  }
  return { facts: offlineFacts(tellAssumed) };
}

async function folderFacts(folder: string, say: (line: string) => void): Promise<ClusterFacts> {
  const source = new FilesSource({
    folder,
    pollMs: 0,
    gatherMs: 0,
    watchFolder: () => () => {},
    after: () => () => {},
    onReload: () => {},
  });
  await source.fetchNamespace('default');
  // A server keeps the last good content of a file; a command has none.
  const [first] = source.problems().filter((problem) => !harmless.includes(problem.code));
  for (const problem of source.problems()) if (problem !== first) say(`warning: ${problem.message}`);
  if (first !== undefined) throw first;
  return source;
}

/** A name that is there twice, and a link that leads back: everything else of the folder is read. */
const harmless: readonly ErrorCode[] = ['OR1603', 'OR1608'];

/** client-node takes a third of a second to load: only here. */
async function readCluster(flags: InjectionFlags) {
  const { readClusterOnce } = await import('./cluster-once.ts');
  return readClusterOnce(flags);
}
