import { mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { parse, stringify } from 'yaml';
import { packageFolder } from '../app/places.ts';
import { OutriggerError } from '../errors.ts';
import { replaceFile } from '../identity/atomic-file.ts';
import { injectObject } from '../inject/object-injection.ts';
import type { JsonObject } from '../model/json.ts';
import type { Pod } from '../model/pod.ts';
import type { WorkloadGroup } from '../schema/kinds.ts';
import { validate } from '../schema/validate.ts';
import { addInjectionOptions, setUpInjection } from './injection-setup.ts';
import { type MachineCredentialsFlags, machineCredentials } from './machine-credentials.ts';
import { machineFiles } from './machine-files.ts';

interface Flags extends MachineCredentialsFlags {
  readonly file: string;
  readonly output: string;
  readonly name?: string;
  readonly address: string;
  readonly folder?: string;
  readonly controlPlane?: { readonly host: string; readonly port: number };
}

/** `outrigger workload entry configure`: all that one machine needs, in a folder to be copied there. */
export function command(): Command {
  const configure = new Command('configure')
    .description('write what a machine needs to run a stock Envoy as part of the mesh, and its WorkloadEntry')
    .requiredOption('-f, --file <file>', 'the WorkloadGroup of the machine')
    .requiredOption('-o, --output <folder>', 'where the files are written')
    .requiredOption('--address <ip>', 'of the machine, as pods reach it', address)
    .option('--name <name>', 'of its WorkloadEntry (default: the name of the group and its address)')
    .option('--folder <path>', 'where the files will be on the machine (default: where they are written)')
    .option('--control-plane <host:port>', 'where the machine reaches the control plane', hostPort)
    .option(
      '--state-dir <folder>',
      'state folder of a control plane without a cluster; without it the cluster is asked',
    )
    .option('--token-seconds <seconds>', 'how long its token is valid', Number, 3600);
  return addInjectionOptions(configure).action(() => run(configure));
}

function address(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('It has to be an IP address.');
  return text;
}

function hostPort(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host === '') throw new InvalidArgumentError('It has to be host:port.');
  return { host, port: Number(port) };
}

async function run(configure: Command): Promise<void> {
  const flags = configure.opts<Flags>();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const group = readGroup(flags.file);
  const entry = entryOf(group, flags);
  const { name, namespace } = entry.metadata;
  const { serviceAccount } = entry.spec;
  const pod = await podOf(configure, group, { name, serviceAccount, say });
  const { token, rootsPem } = await machineCredentials(flags, { namespace, serviceAccount });
  const files = machineFiles({
    ...{ pod, name, namespace, serviceAccount, token, rootsPem },
    ip: flags.address,
    folder: resolve(flags.folder ?? flags.output),
    controlPlane: flags.controlPlane,
    script: readFileSync(join(packageFolder, 'images/proxy/outrigger-proxy.sh'), 'utf8'),
  });
  files.push({ name: 'workloadentry.yaml', text: stringify(entry), mode: 0o644 });
  mkdirSync(flags.output, { recursive: true });
  for (const { name: file, text, mode } of files) await replaceFile({ path: join(flags.output, file), text, mode });
  say(`Wrote ${files.map(({ name: file }) => file).join(', ')}.`);
  say(`Apply workloadentry.yaml, copy the folder to the machine, and start outrigger-proxy.service there, or by hand:`);
  say(
    `  capture.sh as root, then start.sh as user 1337. The token is valid for ${flags.tokenSeconds} s: renew istio-token in time.`,
  );
}

type Group = WorkloadGroup & { readonly metadata: { readonly name: string; readonly namespace?: string } };

/** Throws OR1801, OR1806. */
function readGroup(path: string): Group {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OutriggerError('OR1801', 'it cannot be read', { at: path, cause });
  }
  const object: unknown = parse(text);
  const { problems } = validate(object as JsonObject);
  const [first] = problems.filter(({ severity }) => severity === 'error');
  if (first !== undefined) throw new OutriggerError('OR1806', `${first.path}: ${first.message}`, { at: path });
  if ((object as JsonObject)['kind'] !== 'WorkloadGroup')
    throw new OutriggerError('OR1806', 'it is no WorkloadGroup', { at: path });
  return object as Group;
}

function entryOf(group: Group, { name, address: ip }: Flags) {
  const { metadata, spec } = group;
  const { serviceAccount = 'default', labels = {}, ...template } = spec.template;
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'WorkloadEntry',
    metadata: {
      name: name ?? `${metadata.name}-${ip.replaceAll(/[.:]/g, '-')}`,
      namespace: metadata.namespace ?? 'default',
      labels: { ...labels, ...spec.metadata?.labels },
      ...(spec.metadata?.annotations === undefined ? {} : { annotations: spec.metadata.annotations }),
    },
    spec: { ...template, address: ip, serviceAccount },
  };
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
      namespace: group.metadata.namespace ?? 'default',
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
