import { Command } from 'commander';
import { readInstalled } from '../cluster-access/installed.ts';
import { injectObject } from '../inject/object-injection.ts';
import type { ClusterFacts, NodeFacts } from '../model/pod.ts';
import type { Workload } from '../model/workload.ts';
import { type Description, printDescription } from '../operate/describe/block.ts';
import { describePod, fieldWarnings, type InjectionDecision } from '../operate/describe/pod.ts';
import { describeService } from '../operate/describe/service.ts';
import { printable } from '../operate/text/table.ts';
import { textAt } from '../registry/json-fields.ts';
import { accessOf, outputOption } from './cluster-flags.ts';
import { findService, findWorkload } from './find-workload.ts';
import { injectionWith } from './injection-setup.ts';
import { printValue } from './print-value.ts';
import { addMeshOptions, type MeshFlags, type ReadMesh, readMesh } from './read-mesh.ts';

interface Flags extends MeshFlags {
  readonly output: 'table' | 'json' | 'yaml';
}

const examples = `
Examples:
  outrigger describe pod productpage-v1-abc.default
  outrigger describe pod deploy/productpage-v1 -n default
  outrigger describe service reviews.default
  outrigger describe svc reviews --config manifests/samples/bookinfo
`;

/** `outrigger describe`: what applies to a pod or a service, and why. */
export function command(): Command {
  return new Command('describe')
    .aliases(['des'])
    .description('say what applies to a pod or a service, and why')
    .addCommand(subject('pod', ['po'], 'POD, POD.NAMESPACE or deploy/NAME', podOf))
    .addCommand(subject('service', ['svc'], 'SERVICE, SERVICE.NAMESPACE or its host', serviceOf))
    .addHelpText('after', examples);
}

/** `outrigger experimental`, where istioctl has some of these commands. */
export function experimentalCommand(): Command {
  return new Command('experimental')
    .alias('x')
    .description('commands by the names that istioctl has for them')
    .addCommand(command());
}

type Describe = (mesh: ReadMesh, name: string, made: Command) => Description | Promise<Description>;

function subject(kind: string, aliases: string[], what: string, describe: Describe): Command {
  const made = addMeshOptions(new Command(kind))
    .aliases(aliases)
    .description(`describe a ${kind}`)
    .argument('<name>', what);
  made.addOption(outputOption('table', 'json', 'yaml')).addHelpText('after', examples);
  return made.action(async (name: string, flags: Flags) => {
    const described = await describe(await readMesh(made, say), name, made);
    if (flags.output === 'table') process.stdout.write(printDescription(described));
    else printValue(described, flags.output);
  });
}

const say = (line: string): void => void process.stderr.write(`${printable(line)}\n`);

async function podOf(mesh: ReadMesh, name: string, made: Command): Promise<Description> {
  const { snapshot, settings, objects, namespace } = mesh;
  const workload = findWorkload(snapshot, name, namespace);
  const modes = mesh.sight.indexes.modes(snapshot);
  const decision = await decisionOf(mesh, workload, made);
  return describePod({ snapshot, settings, objects, modes, decision }, workload);
}

function serviceOf({ snapshot, settings, objects, sight, namespace }: ReadMesh, name: string): Description {
  const service = findService(snapshot, name, namespace);
  const modes = sight.indexes.modes(snapshot);
  const { blocks, warnings } = describeService({ snapshot, settings, modes }, service);
  return { blocks, warnings: [...warnings, ...fieldWarnings(blocks, objects)] };
}

/** What the webhook would say of it now; undefined where that is an error. */
async function decisionOf(
  { snapshot, objects, offline }: ReadMesh,
  workload: Workload,
  made: Command,
): Promise<InjectionDecision | undefined> {
  const pod = objects.find(({ kind, namespace, name }) => kind === 'Pod' && `${namespace}/${name}` === workload.id);
  if (pod === undefined) return undefined;
  const facts: Pick<ClusterFacts, 'namespace' | 'nodes'> = {
    namespace: (name) => snapshot.namespaces.get(name),
    nodes: () =>
      objects
        .filter(({ kind }) => kind === 'Node')
        .map((node): NodeFacts => {
          return { name: node.name, kubeletVersion: textAt(node.object, 'status', 'nodeInfo', 'kubeletVersion') };
        }),
  };
  const installed = offline ? undefined : await readInstalled(accessOf(made.opts<MeshFlags>()).connection);
  const [result] = injectObject(pod.object, await injectionWith(made, { ...facts, installed }, say)).results;
  if (result?.outcome !== undefined) return result.outcome.decision;
  return result?.error === undefined ? undefined : { inject: false, message: result.error.message };
}
