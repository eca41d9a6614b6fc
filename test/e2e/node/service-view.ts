import type { JsonObject } from '../../../src/model/json.ts';
import type { EndpointGroup, PlacedPod, SlicePort } from '../../../src/playground/cluster/endpoint-slices.ts';
import { objectAt, objectsAt, textAt, textMapAt, valueAt } from '../../../src/playground/cluster/json-reading.ts';
import { buildZone, type ServiceView, serviceRules } from '../../../src/playground/cluster/service-routes.ts';
import type { Zone } from '../../../src/playground/dns/zone.ts';
import type { ServiceRule } from '../../../src/playground/network/nft-rules.ts';

/** What kube-proxy and the cluster's DNS make of services and the EndpointSlices of the API server. */
export function viewOf(
  services: Iterable<JsonObject>,
  slices: Iterable<JsonObject>,
  domain: string,
): { rules: readonly ServiceRule[]; zone: Zone } {
  const byService = Map.groupBy(slices, (slice) => {
    const name = textMapAt(slice, 'metadata', 'labels')['kubernetes.io/service-name'] ?? '';
    return `${textAt(slice, 'metadata', 'namespace')}/${name}`;
  });
  const views = [...services].map((object): ServiceView => {
    const [namespace, name] = [textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')];
    const place = { kind: 'Service', namespace, name };
    const service = { apiVersion: 'v1', ...place, object, origin: place };
    return { service, groups: (byService.get(`${namespace}/${name}`) ?? []).map((slice) => groupOf(object, slice)) };
  });
  return { rules: serviceRules(views), zone: buildZone(views, domain) };
}

function groupOf(service: JsonObject, slice: JsonObject): EndpointGroup {
  const ports = objectsAt(service, 'spec', 'ports').flatMap((port): SlicePort[] => {
    const name = textAt(port, 'name');
    const found = objectsAt(slice, 'ports').find((one) => textAt(one, 'name') === name);
    if (found === undefined) return [];
    const protocol = textAt(port, 'protocol') || 'TCP';
    return [{ name, protocol, number: Number(port['port']), target: Number(found['port']) }];
  });
  return { ports, pods: objectsAt(slice, 'endpoints').flatMap(podsOf) };
}

function podsOf(endpoint: JsonObject): PlacedPod[] {
  const addresses = valueAt(endpoint, 'addresses');
  const { ready, terminating } = objectAt(endpoint, 'conditions');
  return (Array.isArray(addresses) ? addresses : []).map((ip) => ({
    namespace: textAt(endpoint, 'targetRef', 'namespace'),
    name: textAt(endpoint, 'targetRef', 'name'),
    uid: textAt(endpoint, 'targetRef', 'uid'),
    ip: String(ip),
    labels: {},
    nodeName: textAt(endpoint, 'nodeName'),
    ready: ready !== false,
    terminating: terminating === true,
    hostname: textAt(endpoint, 'hostname'),
    subdomain: '',
    namedPorts: {},
  }));
}
