import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import type { Config } from '../app/config.ts';
import { addConfigOptions, configOf } from '../app/config-command.ts';
import { meshSettings } from '../app/mesh/mesh-settings.ts';
import { readTemplateTexts } from '../app/places.ts';
import { asOutriggerError, OutriggerError } from '../errors.ts';
import { buildInjector } from '../inject/build-injector.ts';
import { migrateFromIstio } from '../migrate/istio.ts';
import { migrateFromLinkerd } from '../migrate/linkerd.ts';
import type { MigrationInput } from '../migrate/migration-input.ts';
import { printReport } from '../migrate/print-report.ts';
import type { SourceObject } from '../source/object-source.ts';
import { analysisWorld } from './analysis-world.ts';
import { readAnalyzed } from './analyzed-files.ts';
import type { Listed } from './cluster-mesh.ts';
import { foreignValues } from './foreign-values.ts';

interface MigrateFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly recursive?: boolean;
  readonly output: 'text' | 'json' | 'yaml';
}

const from = { istio: migrateFromIstio, linkerd: migrateFromLinkerd } as const;
type Mesh = keyof typeof from;

/** `outrigger migrate istio|linkerd`: what of another mesh works here as it is, what differs, what does not, and the steps. */
export function command(): Command {
  const command = new Command('migrate').description('say what a move from another mesh brings, and its steps');
  for (const mesh of Object.keys(from) as Mesh[]) command.addCommand(fromMesh(mesh));
  return command;
}

function fromMesh(mesh: Mesh): Command {
  const title = mesh === 'istio' ? 'Istio' : 'Linkerd';
  const command = new Command(mesh)
    .description(`from ${title}: reads a cluster or files, and writes nothing`)
    .argument('[files...]', 'files and folders, - is standard input; none: the cluster')
    .option('-c, --kubeconfig <file>', 'configuration of the cluster')
    .option('--context <name>', 'context of the kubeconfig')
    .option('-R, --recursive', 'folders within folders, too')
    .addOption(new Option('-o, --output <format>', 'format').choices(['text', 'json', 'yaml']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  outrigger migrate ${mesh}                               # the cluster of the current context
  kubectl get all,${mesh === 'istio' ? 'istio-io' : 'serviceprofiles,servers.policy.linkerd.io'} -A -o yaml | outrigger migrate ${mesh} -
  outrigger migrate ${mesh} manifests/ -R -o json

Exit codes: 0 everything works here or differs as told, 1 something is not supported or cannot be read, 2 a wrong command line.
`,
    );
  return addConfigOptions(command, 'injection').action((files: string[]) => run(command, mesh, files));
}

async function run(command: Command, mesh: Mesh, names: readonly string[]): Promise<void> {
  const flags = command.opts<MigrateFlags>();
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const objects = names.length > 0 ? await ofFiles(names, flags, say) : await ofCluster(flags, say);
  if (objects.length === 0) throw new OutriggerError('OR2554', names.join(', ') || 'the cluster');
  const { config } = await configOf(command, process.env);
  const report = from[mesh](inputOf(objects, config, names.length > 0));
  process.stdout.write(
    flags.output === 'json'
      ? `${JSON.stringify(report, null, 2)}\n`
      : flags.output === 'yaml'
        ? stringify(report, { lineWidth: 0 })
        : printReport(report),
  );
  if (report.unsupported.length > 0) process.exitCode = 1;
}

function inputOf(objects: readonly SourceObject[], config: Config, offline: boolean): MigrationInput {
  const { problems } = analysisWorld({
    ...{ objects, config, settings: meshSettings(config), offline },
    ...{ judged: () => true, knows: () => true, proxyImage: '', systemNamespace: 'outrigger-system' },
  });
  return { objects, problems, values: foreignValues(objects, config.injection), refusal: refusalOf(config) };
}

/** A pod with nothing but the annotations, through the injector that would get it. */
function refusalOf({ injection }: Config): MigrationInput['refusal'] {
  const injector = buildInjector(injection, readTemplateTexts());
  const namespace = { name: 'any', labels: { 'istio-injection': 'enabled' }, annotations: {} };
  return (annotations) => {
    const pod = {
      metadata: { annotations: { ...annotations } },
      spec: { containers: [{ name: 'app', image: 'app' }] },
    };
    try {
      injector.inject({ pod, namespace, nodes: [] });
      return undefined;
    } catch (error) {
      return asOutriggerError(error).message;
    }
  };
}

async function ofFiles(names: readonly string[], flags: MigrateFlags, say: (line: string) => void) {
  const files = await readAnalyzed(names, { stdin: process.stdin, recursive: flags.recursive === true });
  const broken = files.faults.filter(({ code }) => code !== 'OR2407');
  for (const { code, at, detail, remedy } of broken) say(`${code} ${at ?? ''}: ${detail}. ${remedy}`);
  if (broken.length > 0) process.exitCode = 1;
  return files.objects.map((object) => ({ ...object, origin: files.placed(object.origin) }));
}

/** Kinds that nothing reads here, which say what cannot be moved. They are listed where they are served. */
const foreign: readonly Listed[] = [
  listed('extensions.istio.io/v1alpha1', 'WasmPlugin', 'wasmplugins'),
  listed('install.istio.io/v1alpha1', 'IstioOperator', 'istiooperators'),
  listed('policy.linkerd.io/v1beta3', 'Server', 'servers', ['v1beta2', 'v1beta1']),
  listed('policy.linkerd.io/v1beta1', 'ServerAuthorization', 'serverauthorizations'),
  listed('policy.linkerd.io/v1alpha1', 'AuthorizationPolicy', 'authorizationpolicies'),
  listed('policy.linkerd.io/v1alpha1', 'MeshTLSAuthentication', 'meshtlsauthentications'),
  listed('policy.linkerd.io/v1alpha1', 'NetworkAuthentication', 'networkauthentications'),
  listed('policy.linkerd.io/v1beta3', 'HTTPRoute', 'httproutes', ['v1beta2', 'v1beta1']),
  listed('policy.linkerd.io/v1alpha1', 'HTTPLocalRateLimitPolicy', 'httplocalratelimitpolicies'),
  listed('policy.linkerd.io/v1alpha1', 'EgressNetwork', 'egressnetworks'),
  listed('workload.linkerd.io/v1beta1', 'ExternalWorkload', 'externalworkloads', ['v1alpha1']),
  listed('multicluster.linkerd.io/v1alpha3', 'Link', 'links', ['v1alpha2', 'v1alpha1']),
  listed('access.smi-spec.io/v1alpha3', 'TrafficTarget', 'traffictargets', ['v1alpha2', 'v1alpha1']),
  {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', optional: true },
    query: { fieldSelector: 'metadata.name=istio-sidecar-injector' },
  },
];

function listed(apiVersion: string, kind: string, plural: string, versions: readonly string[] = []): Listed {
  const group = apiVersion.slice(0, apiVersion.indexOf('/'));
  return { apiVersion, kind, plural, older: versions.map((version) => `${group}/${version}`), optional: true };
}

async function ofCluster(flags: MigrateFlags, say: (line: string) => void): Promise<readonly SourceObject[]> {
  const { readClusterObjects } = await import('./cluster-mesh.ts');
  return (await readClusterObjects(flags, say, foreign)).objects;
}
