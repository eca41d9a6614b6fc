import { isIP } from 'node:net';
import { networkLabel } from '../model/network.ts';
import { canonicalRevision, canonicalService } from '../model/pod-owner.ts';
import type { Workload } from '../model/workload.ts';
import type { WorkloadEntry as Spec } from '../schema/common/workload-entry.ts';
import type { WorkloadEntry } from '../schema/kinds.ts';
import { nowhere, parseLocality } from './locality.ts';
import type { Config } from './snapshot.ts';

/** A machine outside of Kubernetes. Its labels are those of its metadata over those of its spec, as in Istio. */
export type EntryRecord = Config<WorkloadEntry>;

/** What an entry is beyond its address and port, whether it stands alone or in a ServiceEntry. */
export function entryFacts(spec: Spec, name: string, labels: Readonly<Record<string, string>>) {
  const { serviceAccount = '' } = spec;
  // 0 is "not set" in protobuf, and Envoy refuses it.
  const weight = spec.weight || 1;
  const locality = spec.locality ?? labels['istio-locality'] ?? '';
  // As Istio has it: the label decides; without it, who has a service account has a proxy.
  const mode = labels['security.istio.io/tlsMode'] ?? (serviceAccount === '' ? '' : 'istio');
  return {
    ...{ labels, serviceAccount, weight, meshed: mode === 'istio' },
    locality: locality === '' ? nowhere : parseLocality(locality),
    network: spec.network ?? labels[networkLabel] ?? '',
    workloadName: name,
    canonicalService: canonicalService(labels, name),
    canonicalRevision: canonicalRevision(labels),
  };
}

/** The machine as what has a proxy: it needs an identity to be known by, and an address of its own. */
export function machineOf(entry: EntryRecord): Workload | undefined {
  const { spec, namespace, name, annotations, origin } = entry;
  const { address = '', ports = {} } = spec;
  const { labels, serviceAccount, meshed, locality, network, ...facts } = entryFacts(spec, name, entry.labels);
  if (serviceAccount === '' || isIP(address) === 0) return undefined;
  return {
    ...{ id: `${namespace}/${name}`, namespace, name, uid: '', ips: [address], labels, annotations, serviceAccount },
    metadata: {},
    ...{
      nodeName: '',
      locality,
      network,
      meshed,
      role: 'sidecar',
      namedPorts: ports,
      servicePorts: ports,
      statusPort: 15_020,
    },
    workloadName: facts.workloadName,
    canonicalService: facts.canonicalService,
    canonicalRevision: facts.canonicalRevision,
    origin,
  };
}
