import protobuf from 'protobufjs/minimal.js';
import type { Message } from '../resource.ts';
import { contentWriter } from './converter.ts';
import { decodeMessage } from './decode.ts';
import { type RequestNode, readNode } from './requests.ts';

/** A message of a proxy to envoy.service.health.v3.HealthDiscoveryService. */
export interface HealthMessage {
  /** In the first message of a stream. */
  readonly node?: RequestNode;
  /** All that it was told to look at is well. */
  readonly healthy?: boolean;
}

const service = 'envoy.service.health.v3';

export function encodeHealthChecks(specifier: Message): Buffer {
  const writer = protobuf.Writer.create();
  contentWriter(`${service}.HealthCheckSpecifier`)(writer, specifier);
  return Buffer.from(writer.finish());
}

/** Throws for what is no such message. */
export function readHealthMessage(bytes: Uint8Array): HealthMessage {
  const fields = decodeMessage(`${service}.HealthCheckRequestOrEndpointHealthResponse`, bytes) as Raw;
  const { health_check_request: request, endpoint_health_response: report } = fields;
  const clusters = report?.cluster_endpoints_health ?? [];
  const states = clusters.flatMap(({ locality_endpoints_health: places = [] }) =>
    places.flatMap(({ endpoints_health: all = [] }) => all.map(({ health_status: status }) => status)),
  );
  return {
    ...(request?.node === undefined ? {} : { node: readNode(request.node) }),
    ...(report === undefined ? {} : { healthy: states.length > 0 && states.every((status) => status === 'HEALTHY') }),
  };
}

interface Raw {
  readonly health_check_request?: { readonly node?: Message };
  readonly endpoint_health_response?: {
    readonly cluster_endpoints_health?: readonly {
      readonly locality_endpoints_health?: readonly {
        readonly endpoints_health?: readonly { readonly health_status?: string }[];
      }[];
    }[];
  };
}
