import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { addConfigOptions, configOf } from '../app/config-command.ts';
import { configurators } from '../app/mesh/configurators.ts';
import { FieldWarnings, printFieldWarning } from '../app/mesh/field-warnings.ts';
import { gatewayProblemCode } from '../app/mesh/gateway-problem-code.ts';
import { JointWarnings, printJointWarning } from '../app/mesh/joint-warnings.ts';
import { meshSettings } from '../app/mesh/mesh-settings.ts';
import { Encoder } from '../discovery/encoder.ts';
import { everythingOf } from '../discovery/everything.ts';
import { GatewayConfig } from '../discovery/gateway-config.ts';
import { SidecarConfig } from '../discovery/sidecar-config.ts';
import { OutriggerError } from '../errors.ts';
import { nearest } from '../model/nearest.ts';
import { printOrigin } from '../model/origin.ts';
import type { Workload } from '../model/workload.ts';
import { Registry } from '../registry/registry.ts';
import { printRegistryProblem } from '../registry/registry-problem.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { ProxyResources } from '../xds/resource.ts';
import { readFolder, withMeshConfig } from './folder-mesh.ts';
import { injectionWith } from './injection-setup.ts';
import { offlineMesh } from './offline-mesh.ts';

const types = ['cluster', 'listener', 'route', 'endpoint', 'virtual-host', 'extension', 'ir', 'all'] as const;
type ShownType = (typeof types)[number];

interface Flags {
  readonly config: string;
  readonly proxy: string;
  readonly eager?: boolean;
  readonly type: ShownType;
  readonly output: 'json' | 'yaml';
}

/** `outrigger translate`: what a proxy gets, from files alone. */
export function command(): Command {
  const translate = new Command('translate')
    .description('show what Envoy gets for a pod of a folder of manifests, without a cluster')
    .requiredOption('--config <folder>', 'folder of YAML files: Services, workloads, resources of Istio')
    .requiredOption('--proxy <[namespace/]pod>', 'the pod, or the beginning of its name (namespace: default)')
    .option('--eager', 'everything in advance, in the shape that Istio gives it')
    .addOption(new Option('--type <type>', 'show only this').choices(types).default('all'))
    .addOption(new Option('-o, --output <format>', 'format').choices(['json', 'yaml']).default('yaml'))
    .addHelpText(
      'after',
      `
Examples:
  outrigger translate --config manifests/samples/bookinfo --proxy default/productpage
  outrigger translate --config my-mesh --proxy shop/cart --type route -o json
`,
    );
  return addConfigOptions(translate, 'injection').action(() => run(translate));
}

async function run(translate: Command): Promise<void> {
  const flags = translate.opts<Flags>();
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const configured = await configOf(translate, process.env);
  const files = await readFolder(flags.config, say);
  const config = await withMeshConfig(configured, files, ({ code, at }, message) => say(`${code} ${at}: ${message}`));
  const settings = { ...meshSettings(config), ...(flags.eager === true ? { delivery: 'eager' as const } : {}) };
  const registry = new Registry({
    domainSuffix: settings.domainSuffix,
    rootNamespaces: settings.rootNamespaces,
    onProblem: (p) => say(printRegistryProblem(p)),
  });
  const injection = await injectionWith(translate, files, say);
  const objects: SourceObject[] = [];
  files.onObjects(({ upserts }) => objects.push(...upserts))();
  registry.apply({ upserts: offlineMesh(objects, injection), removals: [] });
  for (const warning of new FieldWarnings().apply({ upserts: objects, removals: [] })) say(printFieldWarning(warning));
  for (const warning of new JointWarnings().apply(registry.snapshot)) say(printJointWarning(warning));
  const workload = findWorkload(registry.snapshot, flags.proxy);
  const encoder = new Encoder((resource, error) => say(`${resource.type} ${resource.name}: ${error.message}`));
  const configure = configurators(settings, encoder, {
    onGatewayProblem: ({ fault, origins, message }) =>
      say(`${gatewayProblemCode(fault)} ${origins.map(printOrigin).join(', ')}: ${message}`),
    onPatchProblem: ({ origins, message }) => say(`OR2456 ${origins.map(printOrigin).join(', ')}: ${message}`),
    onTelemetryProblem: ({ origins, message }) => say(`OR2455 ${origins.map(printOrigin).join(', ')}: ${message}`),
    onLimitProblem: ({ origins, message }) => say(`OR2461 ${origins.map(printOrigin).join(', ')}: ${message}`),
    onPolicyProblem: ({ origins, message }) => say(`OR2454 ${origins.map(printOrigin).join(', ')}: ${message}`),
  })();
  const resources = configure.configure({ snapshot: registry.snapshot, workload, delta: true });
  const shown = flags.type === 'ir' ? irOf(resources) : resourcesOf(resources, flags.type);
  process.stdout.write(flags.output === 'json' ? `${JSON.stringify(shown, null, 2)}\n` : stringify(shown, printing));
}

const printing = { lineWidth: 0, aliasDuplicateObjects: false } as const;

/** Throws OR2405. */
function findWorkload(snapshot: Snapshot, given: string): Workload {
  const workloads = new Map([...snapshot.machines, ...snapshot.workloads]);
  const wanted = given.includes('/') ? given : `default/${given}`;
  const ids = [...workloads.keys()].sort();
  const id = ids.find((known) => known === wanted) ?? ids.find((known) => known.startsWith(wanted));
  const workload = id === undefined ? undefined : workloads.get(id);
  if (workload !== undefined) return workload;
  const near = nearest(wanted, ids);
  const hint =
    near === undefined ? `the folder has ${ids.slice(0, 10).join(', ') || 'no pods'}` : `did you mean ${near}?`;
  throw new OutriggerError('OR2405', `there is no pod ${wanted}; ${hint}`);
}

function resourcesOf(resources: ProxyResources, type: Exclude<ShownType, 'ir'>): unknown {
  const wanted = type === 'virtual-host' ? 'virtualHost' : type;
  return everythingOf(resources)
    .filter((resource) => wanted === 'all' || resource.type === wanted)
    .map(({ origins, ...resource }) => ({ ...resource, origins: origins.map(printOrigin) }));
}

/** What the resources are made from. */
function irOf(resources: ProxyResources): unknown {
  if (resources instanceof GatewayConfig) return { shape: resources.parts.shape, gateway: resources.parts.gateway };
  if (!(resources instanceof SidecarConfig)) throw new Error('a proxy is a sidecar or a gateway');
  const { delivery, shape, view, inbound } = resources.parts;
  return { delivery, shape, outbound: view, inbound };
}
