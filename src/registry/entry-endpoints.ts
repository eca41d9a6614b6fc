import type { Endpoint } from '../model/endpoint.ts';
import { fieldOf } from '../model/origin.ts';
import { canonicalRevision, canonicalService } from '../model/pod-owner.ts';
import type { Service, ServicePort } from '../model/service.ts';
import type { ServiceEntry } from '../schema/kinds.ts';
import { nowhere, parseLocality } from './locality.ts';
import type { Config } from './snapshot.ts';

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
    ...{ health: 'ready', nodeName: '', meshed: false, serviceAccount: '', namespace: config.namespace },
    ...{ workload: '', workloadName: '', canonicalService: '', canonicalRevision: '', origin: config.origin },
  };
}

function listedEndpoint(config: Config<ServiceEntry>, index: number, port: ServicePort): Endpoint {
  const entry = config.spec.endpoints?.[index] ?? {};
  const { address = '', labels = {}, serviceAccount = '', weight = 1 } = entry;
  const plain = plainEndpoint(address, port, config);
  const locality = entry.locality ?? labels['istio-locality'] ?? '';
  // As Istio has it: the label decides; without it, who has a service account has a proxy.
  const mode = labels['security.istio.io/tlsMode'] ?? (serviceAccount === '' ? '' : 'istio');
  return {
    ...plain,
    port: address.startsWith('unix://') ? 0 : (entry.ports?.[port.name] ?? plain.port),
    ...{ labels, serviceAccount, weight, meshed: mode === 'istio' },
    locality: locality === '' ? nowhere : parseLocality(locality),
    workloadName: config.name,
    canonicalService: canonicalService(labels, config.name),
    canonicalRevision: canonicalRevision(labels),
    origin: fieldOf(config.origin, `spec.endpoints[${index}]`),
  };
}
