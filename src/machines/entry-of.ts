import { autoRegisteredBy, healthAnnotation, type MachineHealth } from '../model/auto-registration.ts';
import type { WorkloadGroup } from '../schema/kinds.ts';

export interface MachineOfGroup {
  readonly group: Pick<WorkloadGroup, 'spec'> & { readonly name: string; readonly namespace: string };
  /** Of its WorkloadEntry. */
  readonly name: string;
  /** IP address. */
  readonly address: string;
  /** It can probe its app: one that was configured before that, or otherwise, is healthy as long as it is there. */
  readonly isProbing?: boolean;
}

export const accountOf = ({ spec }: Pick<WorkloadGroup, 'spec'>): string => spec.template.serviceAccount ?? 'default';

/** The WorkloadEntry of a machine, as its group has it. Pure. */
export function entryOf({ group, name, address }: MachineOfGroup) {
  const { metadata = {}, template } = group.spec;
  const { labels = {}, serviceAccount: _, ...place } = template;
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'WorkloadEntry',
    metadata: {
      ...{ name, namespace: group.namespace, labels: { ...labels, ...metadata.labels } },
      ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
    },
    spec: { ...place, address, serviceAccount: accountOf(group) },
  };
}

/**
 * Of a machine that said of which group it is: by its annotations it is known for one that goes with its proxy, and it belongs to the
 * group, as in Istio. `groupUid` is '' where the group is of no API server. With a probe it is unhealthy until that has succeeded.
 */
export function registeredEntryOf(
  machine: MachineOfGroup,
  seenAt: string,
  { groupUid = '', health = 'unhealthy' }: { readonly groupUid?: string; readonly health?: MachineHealth } = {},
) {
  const entry = entryOf(machine);
  const { name } = machine.group;
  const probed: Readonly<Record<string, string>> = isProbed(machine) ? { [healthAnnotation]: health } : {};
  const annotations = { ...entry.metadata.annotations, ...autoRegisteredBy(name, seenAt), ...probed };
  const owner = { apiVersion: entry.apiVersion, kind: 'WorkloadGroup', name, uid: groupUid, controller: true };
  const ownerReferences = groupUid === '' ? {} : { ownerReferences: [owner] };
  return { ...entry, metadata: { ...entry.metadata, annotations, ...ownerReferences } };
}

/** By what a stock Envoy can ask: others are reported, and a machine is healthy as long as it is connected. */
const isProbed = ({ isProbing = false, group: { spec } }: MachineOfGroup): boolean =>
  isProbing && (spec.probe?.httpGet !== undefined || spec.probe?.tcpSocket !== undefined);

export type RegisteredEntry = ReturnType<typeof registeredEntryOf>;

/** The name of a machine that was given none. Of 253 characters there is room for the address: the end of the group's name goes. */
export function nameOfMachine(group: string, ip: string): string {
  // No name ends in a dash: `fd00::` is `fd00--0`.
  const address = ip.replace(/:$/, ':0').replaceAll(/[.:]/g, '-');
  return `${group.slice(0, 252 - address.length).replace(/[-.]+$/, '')}-${address}`;
}
