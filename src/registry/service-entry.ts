import { protocolNamed } from '../model/protocol.ts';
import { isServerName } from '../model/server-name.ts';
import type { Resolution, Service, ServicePort } from '../model/service.ts';
import type { ServiceEntry } from '../schema/kinds.ts';
import { objectsAt, textAt } from './json-fields.ts';
import type { Config } from './snapshot.ts';
import { distributionOf } from './traffic-distribution.ts';

export type EntrySpec = ServiceEntry['spec'];

/** A ServiceEntry that is used, with the addresses that were allocated to its hosts. */
export interface EntryRecord {
  readonly config: Config<ServiceEntry>;
  /** By host; '' holds for all hosts. */
  readonly allocated: readonly { readonly host: string; readonly address: string }[];
}

const resolutions: Readonly<Record<NonNullable<EntrySpec['resolution']>, Resolution>> = {
  NONE: 'original',
  STATIC: 'endpoints',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dns-round-robin',
  DYNAMIC_DNS: 'dynamic-dns',
};

/** `status.addresses`, which istiod's allocation writes: where there is none, ours stands in. */
export function allocatedOf(object: Parameters<typeof objectsAt>[0]): EntryRecord['allocated'] {
  return objectsAt(object, 'status', 'addresses')
    .map((item) => ({ host: textAt(item, 'host'), address: textAt(item, 'value') }))
    .filter(({ address }) => address !== '');
}

/** Ids of the services that an entry is: one a host. */
export function idsOf({ config }: EntryRecord): readonly string[] {
  return config.spec.hosts.map((host) => `${config.namespace}/${host}`);
}

/** What one entry says of one of its hosts. */
export function serviceOfEntry({ config, allocated }: EntryRecord, hostname: string): Service {
  const { spec, namespace, name, origin } = config;
  const own = allocated.filter(({ host }) => host === hostname || host === '').map(({ address }) => address);
  return {
    ...{ id: `${namespace}/${hostname}`, hostname, namespace, name, registry: 'service-entry', origin },
    resolution: resolutions[spec.resolution ?? 'NONE'],
    addresses: spec.addresses ?? [],
    allocated: (spec.addresses ?? []).length > 0 ? [] : own,
    ports: (spec.ports ?? []).map(portOf).filter(({ protocol }) => isServerName(hostname) || !toldByName.has(protocol)),
    external: (spec.location ?? 'MESH_EXTERNAL') === 'MESH_EXTERNAL',
    exportTo: spec.exportTo ?? [],
    labels: config.labels,
    selector: spec.workloadSelector?.labels,
    aliasOf: undefined,
    subjectAltNames: spec.subjectAltNames ?? [],
    ...{ nodeLocal: false, publishNotReady: false, createdAt: config.createdAt },
    ...distributionOf('', config.annotations),
  };
}

/** Whose connections are told by a server name. */
const toldByName: ReadonlySet<ServicePort['protocol']> = new Set(['tls', 'https']);

function portOf(port: NonNullable<EntrySpec['ports']>[number]): ServicePort {
  const { number, name, protocol = '', targetPort = number } = port;
  return { number, name, protocol: protocolNamed(protocol) ?? 'auto', targetPort };
}
