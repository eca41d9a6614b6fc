import { OutriggerError } from '../../errors.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import type { ProvenPeer } from '../../wire/session.ts';

/** Whom everybody is on the plaintext port: one pod, for tests and debugging on the control plane's own machine. OR2405. */
export function plaintextPeer({ workloads }: Snapshot, id: string): ProvenPeer {
  const workload = workloads.get(id);
  if (workload === undefined)
    throw new OutriggerError('OR2405', `${JSON.stringify(id)} is no pod`, { at: 'discovery.plaintextPod' });
  const { namespace, serviceAccount, name, uid } = workload;
  return { namespace, serviceAccount, pod: { name, uid }, expiresAt: Number.POSITIVE_INFINITY };
}
