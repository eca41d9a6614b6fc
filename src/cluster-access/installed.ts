import { asOutriggerError } from '../errors.ts';
import {
  type InstalledRevisions,
  installedRevisions,
  ownWebhooks,
  webhooksPath,
} from '../model/installed-revisions.ts';
import { ClusterObjects } from '../source/kubernetes/cluster-objects.ts';
import type { KubeConnection } from '../source/kubernetes/connection.ts';

/** The control planes of a cluster; undefined where its webhooks may not be listed. Throws OR1630, OR2513. */
export async function readInstalled(connection: KubeConnection): Promise<InstalledRevisions | undefined> {
  try {
    return installedRevisions(await new ClusterObjects(connection).list(webhooksPath, ownWebhooks));
  } catch (error) {
    if (asOutriggerError(error).code === 'OR2503') return undefined;
    throw error;
  }
}
