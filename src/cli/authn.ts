import { Command } from 'commander';
import { printable } from '../operate/text/table.ts';
import { checkTls, tlsTable } from '../operate/tls-check/tls-check.ts';
import { outputOption } from './cluster-flags.ts';
import { findService, findWorkload } from './find-workload.ts';
import { printRows, printValue } from './print-value.ts';
import { addMeshOptions, type MeshFlags, readMesh } from './read-mesh.ts';

interface Flags extends MeshFlags {
  readonly output: 'table' | 'json' | 'yaml';
}

/** `outrigger authn`: who proves who it is. */
export function command(): Command {
  return new Command('authn').description('authentication between workloads').addCommand(tlsCheckCommand());
}

function tlsCheckCommand(): Command {
  const made = addMeshOptions(new Command('tls-check'))
    .description('show whether what a pod sends is what each service takes: mutual TLS or not, and by which resource')
    .argument('<pod>', 'POD, POD.NAMESPACE or deploy/NAME')
    .argument('[service]', 'SERVICE.NAMESPACE.svc.cluster.local, or SERVICE; none: every service that the pod knows')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addHelpText(
      'after',
      `
Examples:
  outrigger authn tls-check productpage-v1-abc.default
  outrigger authn tls-check deploy/productpage-v1 reviews.default.svc.cluster.local
  outrigger authn tls-check deploy/productpage-v1 --config manifests/samples/bookinfo

SERVER: STRICT takes mutual TLS alone, PERMISSIVE also plaintext, HTTP no mutual TLS (or has no sidecar). CLIENT: mTLS, HTTP,
or TLS that a DestinationRule asks for. Exit code 1 when there is a CONFLICT.
`,
    );
  return made.action((pod: string, service: string | undefined, flags: Flags) => run(made, { pod, service, flags }));
}

interface Asked {
  readonly pod: string;
  readonly service: string | undefined;
  readonly flags: Flags;
}

async function run(made: Command, { pod, service, flags }: Asked): Promise<void> {
  const { snapshot, sight, namespace } = await readMesh(made, (line) => process.stderr.write(`${printable(line)}\n`));
  const client = findWorkload(snapshot, pod, namespace);
  const wanted = service === undefined ? undefined : findService(snapshot, service, namespace);
  const view = sight.views.view(snapshot, client.namespace, client.labels);
  const modes = sight.indexes.modes(snapshot);
  const rows = checkTls({ client, view, modes, snapshot }, (one) => wanted === undefined || one.id === wanted.id);
  if (flags.output === 'table')
    printRows(tlsTable(rows), 'The pod knows no such service: see its Sidecar resource and exportTo.');
  else printValue(rows, flags.output);
  if (rows.some(({ status }) => status === 'CONFLICT')) process.exitCode = 1;
}
