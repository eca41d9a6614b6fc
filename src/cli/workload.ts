import { Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { parsePairs } from '../preview/namespace-facts.ts';
import { command as configure } from './workload-entry.ts';

/** `outrigger workload`: machines outside of Kubernetes that take part in the mesh. */
export function command(): Command {
  const create = new Command('create')
    .description('print a WorkloadGroup: machines that are alike')
    .requiredOption('--name <name>', 'of the group')
    .option('-n, --namespace <name>', 'of the group', 'default')
    .option('-l, --labels <k=v,…>', 'of its machines, by which services select them')
    .option('-a, --annotations <k=v,…>', 'of its machines')
    .option('-p, --ports <name=port,…>', 'where its machines listen, by the name of the port of the service', ports)
    .option('-s, --serviceAccount <name>', 'whose identity its machines have', 'default')
    .action(() => {
      process.stdout.write(stringify(groupOf(create.opts<GroupFlags>())));
    });
  const group = new Command('group').description('machines that are alike').addCommand(create);
  const entry = new Command('entry').description('one machine').addCommand(configure());
  return new Command('workload').description('machines outside of Kubernetes').addCommand(group).addCommand(entry);
}

interface GroupFlags {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: string;
  readonly annotations?: string;
  readonly ports?: Readonly<Record<string, number>>;
  readonly serviceAccount: string;
}

function groupOf({ name, namespace, labels, annotations, ports: listening, serviceAccount }: GroupFlags) {
  const pairs = (text: string | undefined, flag: string) => (text === undefined ? undefined : parsePairs(text, flag));
  const metadata = { labels: pairs(labels, '--labels'), annotations: pairs(annotations, '--annotations') };
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'WorkloadGroup',
    metadata: { name, namespace },
    spec: {
      ...(metadata.labels === undefined && metadata.annotations === undefined ? {} : { metadata }),
      template: { ...(listening === undefined ? {} : { ports: listening }), serviceAccount },
    },
  };
}

function ports(text: string): Record<string, number> {
  const pairs = text.split(',').map((pair) => pair.split('='));
  for (const [name = '', number = ''] of pairs)
    if (name === '' || !/^\d{1,5}$/.test(number)) throw new InvalidArgumentError('It has to be name=port,…');
  return Object.fromEntries(pairs.map(([name = '', number]) => [name, Number(number)]));
}
