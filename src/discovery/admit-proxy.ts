import { OutriggerError } from '../errors.ts';
import type { Workload } from '../model/workload.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import type { NodeClaims, ProvenPeer } from '../wire/session.ts';

/** The workload of that kind as it is now, for whom a session was opened. */
export function workloadNow({ workloads, machines }: Snapshot, { id, origin }: Workload): Workload | undefined {
  return (origin.kind === 'WorkloadEntry' ? machines : workloads).get(id);
}

/**
 * The pod at the other end: who it is follows from its token alone. What it says of itself must agree, so that a proxy
 * that is not what it seems is noticed instead of served. A token that is bound to no pod is that of a machine.
 * Throws OR2401 for a contradiction, OR2402 for an unknown pod, OR2409 and OR2410 for a machine.
 */
export function admitProxy(snapshot: Snapshot, peer: ProvenPeer, node: NodeClaims): Workload {
  const { namespace, pod, serviceAccount } = peer;
  if (pod === undefined) return admitMachine(snapshot, peer, node);
  const id = `${namespace}/${pod.name}`;
  checkClaims(id, peer, node);
  const workload = snapshot.workloads.get(id);
  if (workload === undefined) throw new OutriggerError('OR2402', `${id} is not known`);
  // A pod that was made anew under its old name is another pod.
  if (pod.uid !== '' && workload.uid !== '' && workload.uid !== pod.uid)
    throw new OutriggerError('OR2402', `${id} is another pod by now: the token is for ${pod.uid}`);
  if (workload.serviceAccount !== serviceAccount)
    throw new OutriggerError('OR2401', `${id} runs as ${workload.serviceAccount}, the token is of ${serviceAccount}`);
  return workload;
}

/**
 * A machine says by its node id which WorkloadEntry of its token's namespace it is; that it may be, the entry says: it
 * names the service account of the token.
 */
function admitMachine({ machines }: Snapshot, peer: ProvenPeer, node: NodeClaims): Workload {
  const { namespace, serviceAccount } = peer;
  const [, , claimed = ''] = node.id.split('~');
  const name = claimed.slice(0, Math.max(0, claimed.lastIndexOf('.')));
  const id = `${namespace}/${name}`;
  checkClaims(id, peer, node);
  const machine = machines.get(id);
  if (machine === undefined) throw new OutriggerError('OR2409', `there is no WorkloadEntry ${id} with a proxy`);
  if (machine.serviceAccount !== serviceAccount) {
    const wanted = `WorkloadEntry ${id} is of ${machine.serviceAccount}, the token is of ${serviceAccount}`;
    throw new OutriggerError('OR2410', wanted);
  }
  return machine;
}

/** `sidecar~10.0.0.7~reviews-v1-abc.default~default.svc.cluster.local` */
function checkClaims(id: string, peer: ProvenPeer, node: NodeClaims): void {
  const [, , name = ''] = node.id.split('~');
  const dot = name.lastIndexOf('.');
  const claimed = dot < 0 ? undefined : `${name.slice(dot + 1)}/${name.slice(0, dot)}`;
  if (claimed !== undefined && claimed !== id)
    throw new OutriggerError('OR2401', `the token is of ${id}, the proxy says that it is ${claimed}`);
  const { NAMESPACE, SERVICE_ACCOUNT } = node.metadata;
  if (typeof NAMESPACE === 'string' && NAMESPACE !== peer.namespace)
    throw new OutriggerError('OR2401', `the token is of namespace ${peer.namespace}, the proxy says ${NAMESPACE}`);
  if (typeof SERVICE_ACCOUNT === 'string' && SERVICE_ACCOUNT !== peer.serviceAccount)
    throw new OutriggerError('OR2401', `the token is of ${peer.serviceAccount}, the proxy says ${SERVICE_ACCOUNT}`);
}
