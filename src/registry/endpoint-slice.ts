import type { Endpoint } from '../model/endpoint.ts';
import type { JsonObject } from '../model/json.ts';
import type { Origin } from '../model/origin.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { Reading } from './input.ts';
import { fieldAt, isPort, objectsAt, textAt, textsAt } from './json-fields.ts';

export interface SliceRecord {
  /** `<namespace>/<name>` of its Service. */
  readonly service: string;
  readonly ports: readonly { readonly name: string; readonly number: number }[];
  readonly endpoints: readonly SliceEndpoint[];
  readonly origin: Origin;
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly health: Endpoint['health'];
  readonly zone: string;
  readonly nodeName: string;
  /** `<namespace>/<name>`, or '' when it is no pod. */
  readonly pod: string;
}

/** https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/; names as addresses are deprecated there. */
export function readSlice({ namespace, object, origin }: SourceObject): Reading<SliceRecord> {
  const service = textAt(object, 'metadata', 'labels', 'kubernetes.io/service-name');
  if (service === '' || textAt(object, 'addressType') === 'FQDN') return { value: undefined, problems: [] };
  // The generation counts every change of the slice; as a part of each endpoint it would change them all.
  const { generation: _generation, ...place } = origin;
  const value: SliceRecord = {
    service: `${namespace}/${service}`,
    ports: objectsAt(object, 'ports').flatMap((port) => {
      const number = fieldAt(port, 'port');
      return isPort(number) ? [{ name: textAt(port, 'name'), number }] : [];
    }),
    endpoints: objectsAt(object, 'endpoints').map((endpoint) => endpointOf(endpoint, namespace)),
    origin: place,
  };
  return { value, problems: [] };
}

function endpointOf(endpoint: JsonObject, namespace: string): SliceEndpoint {
  const target = fieldAt(endpoint, 'targetRef');
  const pod = textAt(target, 'kind') === 'Pod' ? textAt(target, 'name') : '';
  return {
    addresses: textsAt(endpoint, 'addresses'),
    health: healthOf(endpoint),
    zone: textAt(endpoint, 'zone'),
    nodeName: textAt(endpoint, 'nodeName'),
    pod: pod === '' ? '' : `${textAt(target, 'namespace') || namespace}/${pod}`,
  };
}

/**
 * | ready | terminating | health |
 * |---|---|---|
 * | true or absent | | ready: also a terminating pod of a service that publishes what is not ready |
 * | false | true | terminating |
 * | false | | not-ready |
 */
function healthOf(endpoint: JsonObject): Endpoint['health'] {
  if (fieldAt(endpoint, 'conditions', 'ready') !== false) return 'ready';
  return fieldAt(endpoint, 'conditions', 'terminating') === true ? 'terminating' : 'not-ready';
}
