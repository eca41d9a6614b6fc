import type { Endpoint } from '../model/endpoint.ts';
import { fieldOf } from '../model/origin.ts';
import type { Service, ServicePort } from '../model/service.ts';
import type { ServiceEntry } from '../schema/kinds.ts';
import { nowhere } from './locality.ts';
import { entryFacts } from './machine.ts';
import type { Config } from './snapshot.ts';
import { entryPort } from './workload-entries.ts';

/** The endpoints that a ServiceEntry lists, or its host where that is resolved and nothing is listed. */
export function inlineEndpoints(
  service: Service,
  ports: readonly ServicePort[],
  config: Config<ServiceEntry>,
): Endpoint[] {
  const { resolution, hostname } = service;
  const listed = config.spec.endpoints ?? [];
  if (listed.length > 0) return listed.flatMap((_, index) => ports.map((port) => listedEndpoint(config, index, port)));
  const resolved = resolution === 'dns' || resolution === 'dns-round-robin';
  if (!resolved || hostname.includes('*')) return [];
  return ports.map((port) => plainEndpoint(hostname, port, config));
}

function plainEndpoint(address: string, port: ServicePort, config: Config<ServiceEntry>): Endpoint {
  return {
    ...{ address, port: Number(port.targetPort), servicePort: port.name, labels: {}, locality: nowhere, weight: 1 },
    ...{ health: 'ready', nodeName: '', network: '', meshed: false, serviceAccount: '', namespace: config.namespace },
    ...{ workload: '', workloadName: '', canonicalService: '', canonicalRevision: '', origin: config.origin },
  };
}

function listedEndpoint(config: Config<ServiceEntry>, index: number, port: ServicePort): Endpoint {
  const entry = config.spec.endpoints?.[index] ?? {};
  const { address = '', labels = {} } = entry;
  return {
    ...plainEndpoint(address, port, config),
    port: entryPort(entry, port) ?? Number(port.targetPort),
    ...entryFacts(entry, config.name, labels),
    origin: fieldOf(config.origin, `spec.endpoints[${index}]`),
  };
}
