import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { OutriggerError } from '../errors.ts';
import { type LearntScope, type LearntScopes, latestDay, namespaceOf } from '../learning/scope.ts';
import { learntScopesFolder, ScopeFolder } from '../learning/scope-folder.ts';
import type { ScopeStore } from '../learning/scope-store.ts';
import { readScopes } from '../learning/scope-text.ts';
import { type SidecarResource, servicesOf, sidecarResource } from '../learning/sidecar-resource.ts';
import { nearest } from '../model/nearest.ts';
import { createCredentials } from '../source/kubernetes/credentials.ts';
import { LearntScopeMaps } from '../source/kubernetes/learnt-scope-maps.ts';
import { chosenNamespace } from './context-namespace.ts';
import { openConnection } from './talking-connection.ts';

interface Flags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly output?: 'json' | 'yaml' | 'table';
  readonly stateDir?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly systemNamespace: string;
}

/** `outrigger scope`: what workloads use of the mesh, and the Sidecar resource that says so. */
export function command(): Command {
  return new Command('scope')
    .description('show what workloads were seen to use of the mesh, or the Sidecar resource that says it')
    .argument('[workload]', 'a workload (the name of its Deployment): its Sidecar resource; none: a table of all')
    .option('-n, --namespace <name>', 'namespace of the workloads (default: that of the context)')
    .option('-A, --all-namespaces', 'workloads of every namespace')
    .addOption(
      new Option('-o, --output <format>', 'format; a single workload is yaml or json').choices([
        'table',
        'yaml',
        'json',
      ]),
    )
    .option('--state-dir <folder>', 'of `outrigger serve --config`; without it a cluster is asked')
    .option('--kubeconfig <file>', 'configuration of the cluster')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--system-namespace <name>', 'namespace of the control plane', 'outrigger-system')
    .addHelpText(
      'after',
      `
Examples:
  outrigger scope -A
  outrigger scope productpage-v1 -n default > sidecar.yaml
  outrigger scope --state-dir ~/.local/state/outrigger -o json

What pods have been given at their start and used ever since, without a restart, is forgotten after
mesh.learning.keepDays: compare with what you know before you commit a Sidecar.
Nothing is listed for pods that get everything in advance: with a Sidecar resource, or delivery eager.
`,
    )
    .action((workload: string | undefined, flags: Flags) => run(workload, flags));
}

async function run(workload: string | undefined, flags: Flags): Promise<void> {
  const offline = flags.stateDir !== undefined;
  const namespace = offline ? (flags.namespace ?? 'default') : await chosenNamespace(flags);
  const scopes = await readAll(flags);
  if (workload !== undefined) {
    const key = workload.includes('/') ? workload : `${namespace}/${workload}`;
    process.stdout.write(print(sidecarOf(key, scopes), flags.output ?? 'yaml'));
    return;
  }
  const shown = new Map(
    [...scopes]
      .filter(([key]) => flags.allNamespaces === true || namespaceOf(key) === namespace)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
  if (flags.output === 'json' || flags.output === 'yaml') {
    const items = [...shown].flatMap(([key, scope]) => {
      const resource = sidecarResource(key, scope);
      if (resource === undefined) process.stderr.write(`${key} is left out: ${unselectable}\n`);
      return resource ?? [];
    });
    process.stdout.write(print({ apiVersion: 'v1', kind: 'List', items }, flags.output));
    return;
  }
  if (shown.size > 0) process.stdout.write(table(shown));
  else
    process.stderr.write(
      `No workload of ${flags.allNamespaces === true ? 'any namespace' : `namespace ${namespace}`} was seen to use anything yet.\n`,
    );
}

/** Throws OR1630, OR1631, OR2480. */
async function readAll(flags: Flags): Promise<LearntScopes> {
  const stored = await storeOf(flags).read();
  return new Map(
    [...stored].flatMap(([namespace, { text }]) => {
      const read = readScopes(namespace, text);
      if (read === undefined)
        process.stderr.write(`What is kept of namespace ${namespace} cannot be read; it is as none.\n`);
      return [...(read ?? [])];
    }),
  );
}

function storeOf({ stateDir, kubeconfig, context, systemNamespace }: Flags): ScopeStore {
  if (stateDir !== undefined) {
    if (!existsSync(stateDir)) throw new OutriggerError('OR2480', 'there is no such folder', { at: stateDir });
    return new ScopeFolder(join(stateDir, learntScopesFolder));
  }
  const chosen = { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
  return new LearntScopeMaps({ connection: openConnection(createCredentials(chosen)), namespace: systemNamespace });
}

const unselectable = 'it has no labels that a Sidecar could select, or nothing is known that it calls';

/** Throws OR2481. */
function sidecarOf(key: string, scopes: LearntScopes): SidecarResource {
  const scope = scopes.get(key);
  if (scope === undefined) {
    const near = nearest(key, [...scopes.keys()]);
    throw new OutriggerError('OR2481', `${key}${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  const resource = sidecarResource(key, scope);
  if (resource === undefined) throw new OutriggerError('OR2481', `${key}: ${unselectable}`);
  return resource;
}

function print(value: unknown, output: 'json' | 'yaml' | 'table'): string {
  return output === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value, { lineWidth: 0 });
}

function table(scopes: LearntScopes): string {
  const rows = [...scopes].map(([key, scope]) => rowOf(key, scope));
  const lines = [['NAMESPACE', 'WORKLOAD', 'SERVICES', 'LAST SEEN', 'USES'], ...rows];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const printed = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
  return `${printed.join('\n')}\n`;
}

const shownServices = 4;

function rowOf(key: string, scope: LearntScope): string[] {
  const services = servicesOf(scope);
  const more = services.length - shownServices;
  const names = `${services.slice(0, shownServices).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const workload = key.slice(key.indexOf('/') + 1);
  return [namespaceOf(key), workload, String(services.length), latestDay(scope), names];
}
