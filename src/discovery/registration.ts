import { isIP } from 'node:net';
import { OutriggerError } from '../errors.ts';
import { autoRegistrationGroup, probingKey } from '../model/auto-registration.ts';
import type { Config, Snapshot } from '../registry/snapshot.ts';
import type { WorkloadGroup } from '../schema/kinds.ts';
import type { NodeClaims, ProvenPeer } from '../wire/session.ts';

/** A machine that is to have a WorkloadEntry. */
export interface Registration {
  readonly group: Config<WorkloadGroup>;
  readonly name: string;
  /** IP address. */
  readonly address: string;
  /** It says that it can probe its app. */
  readonly isProbing: boolean;
}

/** Makes the entries of machines that register themselves. */
export interface MachineRegister {
  /** For one stream; the answer ends that. Rejects with a coded error when there can be no entry. */
  join(machine: Registration): Promise<() => void>;
}

/**
 * What a proxy asks for that says in its metadata of which WorkloadGroup it is (`AUTO_REGISTER_GROUP`, as Istio's agent does): an
 * entry of the name and the address in its node id. That it may, the group says, in the namespace of its token: it names the token's
 * service account. Undefined for pods, for who asks for nothing, and where somebody wrote the entry. Throws OR2409, OR2410, OR2411.
 */
export function registrationOf(snapshot: Snapshot, peer: ProvenPeer, node: NodeClaims): Registration | undefined {
  const { AUTO_REGISTER_GROUP: asked } = node.metadata;
  if (peer.pod !== undefined || typeof asked !== 'string' || asked === '') return undefined;
  const { namespace, serviceAccount } = peer;
  const id = `${namespace}/${asked}`;
  const group = snapshot.workloadGroups.find((one) => one.namespace === namespace && one.name === asked);
  if (group === undefined) throw new OutriggerError('OR2411', `there is no WorkloadGroup ${id}`);
  const { serviceAccount: wanted = 'default' } = group.spec.template;
  if (wanted !== serviceAccount)
    throw new OutriggerError('OR2410', `WorkloadGroup ${id} is of ${wanted}, the token is of ${serviceAccount}`);
  const [, address = '', claimed = ''] = node.id.split('~');
  const suffix = `.${namespace}`;
  const name = claimed.endsWith(suffix) ? claimed.slice(0, -suffix.length) : '';
  if (isIP(address) === 0 || !nameForm.test(name))
    throw new OutriggerError('OR2409', `a machine of ${id} says neither name nor address: ${node.id.slice(0, 300)}`);
  const known = snapshot.machines.get(`${namespace}/${name}`);
  return known !== undefined && autoRegistrationGroup(known.annotations) !== asked
    ? undefined
    : { group, name, address, isProbing: node.metadata[probingKey] === 'true' };
}

/** Of an object of Kubernetes. */
const nameForm = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
