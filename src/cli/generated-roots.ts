import { OutriggerError } from '../errors.ts';
import { makeRoot } from '../identity/make-certificates.ts';
import { makeMeshRoot } from '../identity/workload/make-mesh-root.ts';
import type { KubernetesObject } from '../install/kubernetes-object.ts';
import { rootSecretName } from '../install/manifest-options.ts';
import { meshRootData, meshRootSecretNames } from '../source/kubernetes/mesh-root-secret.ts';
import { rootData } from '../source/kubernetes/secret-root-store.ts';
import { type ClusterFlags, openCluster } from './install-cluster.ts';

export interface GeneratedRoots {
  /** For the caBundle of the webhooks. */
  readonly caPem: string;
  /** What the cluster has not yet; empty where it has both. */
  readonly secrets: readonly KubernetesObject[];
}

/**
 * The roots of an installation that is applied by hand: those of the cluster, else new ones, so that generating again never
 * replaces them. New ones are private keys: they go into a pipe or a file, not onto a terminal. Throws OR1701, and
 * what the cluster's Secrets throw.
 */
export async function rootsFor(
  flags: ClusterFlags,
  { namespace, now, isTerminal }: { readonly namespace: string; readonly now: Date; readonly isTerminal: boolean },
): Promise<GeneratedRoots> {
  const { webhookRoots, meshRoots } = await reached(flags);
  const [webhook, mesh] = await Promise.all([
    answered(webhookRoots(namespace, rootSecretName).load()),
    answered(meshRoots(namespace).load()),
  ]);
  if (webhook !== undefined && mesh !== undefined) return { caPem: webhook.certificatePem, secrets: [] };
  if (isTerminal) throw new OutriggerError('OR1701', 'new roots are private keys, and this is a terminal: use a pipe');
  const made = webhook ?? (await makeRoot(now));
  const secret = (name: string, data: Readonly<Record<string, string>>): KubernetesObject => ({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels: { app: 'outrigger' } } },
    ...{ type: 'Opaque', data },
  });
  return {
    caPem: made.certificatePem,
    secrets: [
      ...(webhook === undefined ? [secret(rootSecretName, rootData(made))] : []),
      ...(mesh === undefined ? [secret(meshRootSecretNames[1], meshRootData(await makeMeshRoot(now)))] : []),
    ],
  };
}

const unasked = 'no cluster says whether there is one already';

async function reached(flags: ClusterFlags): ReturnType<typeof openCluster> {
  try {
    return await openCluster(flags);
  } catch (cause) {
    throw new OutriggerError('OR1701', unasked, { cause });
  }
}

/** A cluster that is away says nothing; one that has something broken there says so. */
async function answered<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (cause) {
    if (cause instanceof OutriggerError && cause.code === 'OR1630')
      throw new OutriggerError('OR1701', unasked, { cause });
    throw cause;
  }
}
