import type { JsonObject } from '../model/json.ts';
import type { Origin } from '../model/origin.ts';
import { protocolOfPort } from '../model/protocol.ts';
import type { Resolution, Service, ServicePort } from '../model/service.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { Reading } from './input.ts';
import { createdAt, fieldAt, isPort, objectsAt, textAt, textMapAt, textsAt } from './json-fields.ts';
import { opaquePorts } from './opaque-ports.ts';
import type { RegistryProblem } from './registry-problem.ts';
import { distributionOf } from './traffic-distribution.ts';

/** A Service of Kubernetes as the mesh sees it. OR2106 when it cannot be one. */
export function readKubeService(domainSuffix: string): (source: SourceObject) => Reading<Service> {
  return ({ namespace, name, object, origin }) => {
    const problems = problemsOf(object, origin);
    if (problems.length > 0) return { value: undefined, problems };
    const hostname = `${name}.${namespace}.svc.${domainSuffix}`;
    const selector = textMapAt(object, 'spec', 'selector');
    const value: Service = {
      ...{ id: `${namespace}/${hostname}`, hostname, namespace, name, registry: 'kubernetes', external: false },
      resolution: resolutionOf(object),
      addresses: addressesOf(object),
      allocated: [],
      ports: portsOf(object),
      exportTo: exportToOf(object),
      labels: textMapAt(object, 'metadata', 'labels'),
      selector: Object.keys(selector).length === 0 || isExternalName(object) ? undefined : selector,
      aliasOf: isExternalName(object) ? textAt(object, 'spec', 'externalName').replace(/\.$/, '') : undefined,
      subjectAltNames: [],
      ...outsideOf(object),
      nodeLocal: textAt(object, 'spec', 'internalTrafficPolicy') === 'Local',
      publishNotReady: fieldAt(object, 'spec', 'publishNotReadyAddresses') === true,
      ...distributionOf(textAt(object, 'spec', 'trafficDistribution'), textMapAt(object, 'metadata', 'annotations')),
      createdAt: createdAt(object),
      origin,
    };
    return { value, problems };
  };
}

function problemsOf(service: JsonObject, origin: Origin): RegistryProblem[] {
  const wrong = (field: string, message: string): RegistryProblem => ({
    ...{ severity: 'error', code: 'OR2106', message, origin: { ...origin, field } },
  });
  if (isExternalName(service)) {
    const there = textAt(service, 'spec', 'externalName') !== '';
    return there ? [] : [wrong('spec.externalName', 'it must be a host name')];
  }
  return objectsAt(service, 'spec', 'ports').flatMap((port, index) =>
    isPort(fieldAt(port, 'port')) ? [] : wrong(`spec.ports[${index}].port`, 'it must be a number from 1 to 65535'),
  );
}

function isExternalName(service: JsonObject): boolean {
  return textAt(service, 'spec', 'type') === 'ExternalName';
}

function resolutionOf(service: JsonObject): Resolution {
  if (isExternalName(service)) return 'dns';
  return textAt(service, 'spec', 'clusterIP') === 'None' ? 'headless' : 'endpoints';
}

/** Both families of a dual-stack Service; the first one is repeated in `clusterIP`. */
function addressesOf(service: JsonObject): string[] {
  if (isExternalName(service)) return [];
  const all = [textAt(service, 'spec', 'clusterIP'), ...textsAt(service, 'spec', 'clusterIPs')];
  return [...new Set(all)].filter((address) => address !== '' && address !== 'None');
}

/** What a load balancer gave it, and what it was given by hand. */
function outsideOf(service: JsonObject): Pick<Service, 'outside'> {
  const balanced = objectsAt(service, 'status', 'loadBalancer', 'ingress').map(
    (ingress) => textAt(ingress, 'ip') || textAt(ingress, 'hostname'),
  );
  const outside = [...balanced, ...textsAt(service, 'spec', 'externalIPs')].filter((address) => address !== '');
  return outside.length === 0 ? {} : { outside };
}

function portsOf(service: JsonObject): ServicePort[] {
  const opaque = opaquePorts(textAt(service, 'metadata', 'annotations', 'config.linkerd.io/opaque-ports'));
  return objectsAt(service, 'spec', 'ports')
    .map(portOf)
    .map((port) => (port.protocol !== 'udp' && opaque(port) ? { ...port, protocol: 'tcp' } : port));
}

function portOf(port: JsonObject): ServicePort {
  const number = Number(fieldAt(port, 'port'));
  const name = textAt(port, 'name');
  const target = fieldAt(port, 'targetPort');
  const named = typeof target === 'string' && target !== '' ? target : number;
  return {
    ...{ number, name },
    protocol: protocolOfPort({
      ...{ number, name, appProtocol: textAt(port, 'appProtocol'), transport: textAt(port, 'protocol') },
    }),
    targetPort: isPort(target) ? target : named,
  };
}

/** https://istio.io/latest/docs/reference/config/annotations/#NetworkingExportTo */
function exportToOf(service: JsonObject): string[] {
  const given = textAt(service, 'metadata', 'annotations', 'networking.istio.io/exportTo');
  return given
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
