import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterWithNode, startClusterWithNode } from './node/start-node.ts';
import { envoyOrThrow } from './prerequisites.ts';
import { openSession, type Session } from './session.ts';

/** A cluster of its own with a node, and a person at a shell. */
export interface HandsOn {
  readonly cluster: ClusterWithNode;
  readonly session: Session;
  /** Temporary; gone after `stop`. */
  readonly folder: string;
  /** Tells what the node had to complain of, and leaves nothing. */
  stop(): Promise<void>;
}

/** Throws what is missing on this machine. */
export async function startHandsOn(): Promise<HandsOn> {
  const envoy = envoyOrThrow();
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-e2e-'));
  const cluster = await startClusterWithNode(envoy);
  return {
    ...{ cluster, folder, session: await openSession(folder, cluster.kubeconfig) },
    stop: async () => {
      console.info(['on the node:', ...new Set(cluster.problems)].join('\n'));
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
