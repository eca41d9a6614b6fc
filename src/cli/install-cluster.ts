import { hostname, userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { OutriggerError } from '../errors.ts';
import { prepareMeshRoot, prepareRoot } from '../install/prepare-root.ts';
import { ClusterObjects } from '../source/kubernetes/cluster-objects.ts';
import { createCredentials } from '../source/kubernetes/credentials.ts';
import { MeshRootSecret, meshRootSecretNames } from '../source/kubernetes/mesh-root-secret.ts';
import { SecretRootStore } from '../source/kubernetes/secret-root-store.ts';
import { openConnection } from './talking-connection.ts';

export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function addClusterFlags(command: Command): Command {
  return command
    .option('-c, --kubeconfig <file>', 'configuration of the cluster')
    .option('--context <name>', 'context of the kubeconfig');
}

/** The cluster and what an installation keeps there. Throws OR1631. */
export async function openCluster({ kubeconfig, context }: ClusterFlags) {
  const given = { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
  const credentials = createCredentials(given);
  const { server } = await credentials.target();
  const connection = openConnection(credentials);
  return {
    server,
    connection,
    cluster: new ClusterObjects(connection),
    webhookRoots: (namespace: string, name: string) => new SecretRootStore({ connection, namespace, name }),
    meshRoots: (namespace: string) => new MeshRootSecret({ connection, namespace, names: meshRootSecretNames }),
    roots: (namespace: string, name: string) => ({
      webhook: (now: Date) => prepareRoot(new SecretRootStore({ connection, namespace, name }), now),
      mesh: (now: Date) =>
        prepareMeshRoot(new MeshRootSecret({ connection, namespace, names: meshRootSecretNames }), now),
    }),
  };
}

/** Who does it, for others who would do it at the same time. */
export function whoAmI(): string {
  return `${userInfo().username}@${hostname()} (process ${process.pid})`;
}

/** Asks on the terminal. Throws OR2509 for any answer but y. */
export async function confirm(question: string): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await Promise.race([
    lines.question(`${question} (y/N) `),
    new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
  ]);
  lines.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new OutriggerError('OR2509', 'the answer was not y');
}

/** Ctrl-C asks for an end between two steps; a second one ends at once. */
export function interruption(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
