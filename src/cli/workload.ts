import { Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { asOutriggerError } from '../errors.ts';
import { parsePairs } from '../preview/namespace-facts.ts';
import { validate } from '../schema/validate.ts';
import { namespaceName, objectName, portNumber } from './flag-values.ts';
import { command as configure } from './workload-entry.ts';

/** `outrigger workload`: machines outside of Kubernetes that take part in the mesh. */
export function command(): Command {
  const create = new Command('create')
    .description('print a WorkloadGroup: machines that are alike')
    .requiredOption('--name <name>', 'of the group', objectName)
    .option('-n, --namespace <name>', 'of the group', namespaceName, 'default')
    .option('-l, --labels <k=v,…>', 'of its machines, by which services select them', pairs)
    .option('-a, --annotations <k=v,…>', 'of its machines', pairs)
    .option('-p, --ports <name=port,…>', 'where its machines listen, by the name of the port of the service', ports)
    .option('-s, --serviceAccount <name>', 'whose identity its machines have', objectName, 'default')
    .action(() => {
      const created = groupOf(create.opts<GroupFlags>());
      const [first] = validate(created).problems.filter(({ severity }) => severity === 'error');
      if (first !== undefined) create.error(`error: ${first.path}: ${first.message}`);
      process.stdout.write(stringify(created));
    });
  const group = new Command('group').description('machines that are alike').addCommand(create);
  const entry = new Command('entry').description('one machine').addCommand(configure());
  return new Command('workload').description('machines outside of Kubernetes').addCommand(group).addCommand(entry);
}

interface GroupFlags {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ports?: Readonly<Record<string, number>>;
  readonly serviceAccount: string;
}

function groupOf({ name, namespace, labels, annotations, ports: listening, serviceAccount }: GroupFlags) {
  const metadata = {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'WorkloadGroup',
    metadata: { name, namespace },
    spec: {
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
      template: { ...(listening === undefined ? {} : { ports: listening }), serviceAccount },
    },
  };
}

function pairs(text: string): Record<string, string> {
  try {
    return parsePairs(text, '');
  } catch (error) {
    throw new InvalidArgumentError(`${asOutriggerError(error).detail}.`);
  }
}

function ports(text: string): Record<string, number> {
  const given = text.split(',').map((pair) => {
    const [, name = '', number = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (name === '') throw new InvalidArgumentError('It has to be name=port,…');
    return [name, portNumber(number)] as const;
  });
  const named = Object.fromEntries(given);
  if (Object.keys(named).length < given.length) throw new InvalidArgumentError('A name is there twice.');
  return named;
}
