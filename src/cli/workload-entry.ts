import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { packageFolder } from '../app/places.ts';
import { OutriggerError } from '../errors.ts';
import { injectObject } from '../inject/object-injection.ts';
import { accountOf, entryOf, nameOfMachine } from '../machines/entry-of.ts';
import type { JsonObject } from '../model/json.ts';
import type { Pod } from '../model/pod.ts';
import type { WorkloadGroup } from '../schema/kinds.ts';
import { validate } from '../schema/validate.ts';
import {
  folderPath,
  type HostPort,
  hostPort,
  ipAddress,
  labelForm,
  nameForm,
  namespaceName,
  objectName,
  wholeSeconds,
} from './flag-values.ts';
import { addInjectionOptions, setUpInjection } from './injection-setup.ts';
import { readInputs } from './input-files.ts';
import { type MachineCredentialsFlags, machineCredentials } from './machine-credentials.ts';
import { machineFiles } from './machine-files.ts';
import { writeOutput } from './write-output.ts';

interface Flags extends MachineCredentialsFlags {
  readonly file: string;
  readonly output: string;
  readonly name?: string;
  readonly address: string;
  readonly folder?: string;
  readonly autoregister?: boolean;
  readonly controlPlane?: HostPort;
  readonly namespace?: string;
}

/** `outrigger workload entry configure`: all that one machine needs, in a folder to be copied there. */
export function command(): Command {
  const configure = new Command('configure')
    .description('write what a machine needs to run a stock Envoy as part of the mesh, and its WorkloadEntry')
    .requiredOption('-f, --file <file>', 'the WorkloadGroup of the machine')
    .requiredOption('-o, --output <folder>', 'where the files are written', folderPath)
    .requiredOption('--address <ip>', 'of the machine, as pods reach it', ipAddress)
    .option('--name <name>', 'of its WorkloadEntry (default: the name of the group and its address)', objectName)
    .option('--autoregister', 'the machine registers itself: it has an entry as long as its proxy is connected')
    .option('--folder <path>', 'where the files will be on the machine (default: where they are written)', folderPath)
    .option('--control-plane <host:port>', 'where the machine reaches the control plane', hostPort)
    .option(
      '--state-dir <folder>',
      'state folder of a control plane without a cluster; without it the cluster is asked',
    )
    .option('--token-seconds <seconds>', 'how long its token is valid', wholeSeconds(60, longestToken), 3600);
  addInjectionOptions(configure).action(() => run(configure));
  // It becomes part of names and of a path of the API.
  configure.options.find(({ long }) => long === '--namespace')?.argParser(namespaceName);
  return configure;
}

/** A year, in seconds. */
const longestToken = 365 * 86_400;

async function run(configure: Command): Promise<void> {
  const flags = configure.opts<Flags>();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const group = await readGroup(flags);
  const { namespace } = group.metadata;
  const name = flags.name ?? nameOfMachine(group.metadata.name, flags.address);
  const serviceAccount = accountOf(group);
  const pod = await podOf(configure, group, { name, serviceAccount, say });
  const { token, rootsPem } = await machineCredentials(flags, { namespace, serviceAccount });
  const files = machineFiles({
    ...{ pod, name, namespace, serviceAccount, token, rootsPem },
    ip: flags.address,
    folder: resolve(flags.folder ?? flags.output),
    controlPlane: flags.controlPlane,
    group: flags.autoregister === true ? group.metadata.name : undefined,
    script: readFileSync(join(packageFolder, 'images/proxy/outrigger-proxy.sh'), 'utf8'),
  });
  const entry = entryOf({ group: { ...group, ...group.metadata }, name, address: flags.address });
  if (flags.autoregister !== true) files.push({ name: 'workloadentry.yaml', text: stringify(entry), mode: 0o644 });
  await writeOutput(flags.output, files);
  say(`Wrote ${files.map(({ name: file }) => file).join(', ')}.`);
  const apply = flags.autoregister === true ? 'Apply the WorkloadGroup' : 'Apply workloadentry.yaml';
  say(`${apply}, copy the folder to the machine, and start outrigger-proxy.service there, or by hand:`);
  say(
    `  capture.sh as root, then start.sh as user 1337. The token is valid for ${flags.tokenSeconds} s: renew istio-token in time.`,
  );
}

type Group = WorkloadGroup & { readonly metadata: { readonly name: string; readonly namespace: string } };

/** Its namespace is the one that it names, else the one of the flags. Throws OR1209, OR1801, OR1804, OR1806. */
async function readGroup({ file, namespace: given = 'default' }: Flags): Promise<Group> {
  const objects = (await readInputs([file], process.stdin)).flatMap(({ documents }) => documents);
  const [one, another] = objects;
  const unusable = (why: string, at = file) => new OutriggerError('OR1806', why, { at });
  if (one === undefined || another !== undefined) throw unusable(`there are ${objects.length} objects`, another?.at);
  const { object, at } = one;
  if (object['kind'] !== 'WorkloadGroup') throw unusable('it is no WorkloadGroup', at);
  const [first] = validate(object).problems.filter(({ severity }) => severity === 'error');
  if (first !== undefined) throw unusable(`${first.path}: ${first.message}`, at);
  const group = object as unknown as WorkloadGroup & { metadata: { name: string; namespace?: string } };
  const { name, namespace = given } = group.metadata;
  const named = [
    ['metadata.name', name, nameForm],
    ['metadata.namespace', namespace, labelForm],
    ['spec.template.serviceAccount', group.spec.template.serviceAccount ?? 'default', nameForm],
  ] as const;
  for (const [path, value, form] of named)
    if (!form.test(value)) throw unusable(`${path}: ${JSON.stringify(value)} is no name of Kubernetes`, at);
  return { ...group, metadata: { ...group.metadata, namespace } };
}

interface Machine {
  readonly name: string;
  readonly serviceAccount: string;
  readonly say: (line: string) => void;
}

/** As a pod of the same name would be injected: the bootstrap and the rules are those. */
async function podOf(configure: Command, group: Group, { name, serviceAccount, say }: Machine): Promise<Pod> {
  const around = await setUpInjection(configure, [], say);
  const { metadata = {}, template } = group.spec;
  const labels = { ...template.labels, ...metadata.labels, 'sidecar.istio.io/inject': 'true' };
  const object = {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: {
      name,
      namespace: group.metadata.namespace,
      labels,
      annotations: metadata.annotations ?? {},
    },
    spec: { serviceAccountName: serviceAccount, containers: [{ name: 'app', image: 'app' }] },
  };
  const { after, results } = injectObject(object as unknown as JsonObject, around);
  const [result] = results;
  if (result?.error !== undefined) throw result.error;
  return after as unknown as Pod;
}
