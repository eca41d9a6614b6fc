import type { InboundIR, InboundPortIR } from '../../ir/types/inbound.ts';
import { isHttp2, listenerProtocol } from '../../model/protocol.ts';
import { authorizationOfRoutes } from '../filters/authorization.ts';
import { askedOfRoutes } from '../filters/external-authorization.ts';
import { limitsOfRoutes } from '../filters/rate-limit.ts';
import type { Message, XdsResource } from '../resource.ts';
import { chosenEndpointHeader } from './virtual-host.ts';

export const inboundClusterName = (port: number) => `inbound|${port}||`;
export const inboundPassthrough = 'InboundPassthroughCluster';

/** The routes to the app, by the names of their clusters: everything goes on, if the policies let it. */
export function translateInboundRoutes(inbound: InboundIR): readonly XdsResource[] {
  const known = inbound.ports.filter(({ protocol }) => listenerProtocol(protocol) !== 'tcp');
  return [
    passedThrough(inboundPassthrough, inbound),
    ...known.map((port) =>
      routes(inboundClusterName(port.targetPort), { cluster: inboundClusterName(port.targetPort), port }, inbound),
    ),
  ];
}

/**
 * The routes of a port that no service names any more. Connections that are open there still ask for them: they go on,
 * and the policies of now hold for them, too.
 */
export function translateLeftRoutes(name: string, inbound: InboundIR): XdsResource | undefined {
  return name.startsWith('inbound|') ? passedThrough(name, inbound) : undefined;
}

function passedThrough(name: string, inbound: InboundIR): XdsResource {
  return routes(name, { cluster: inboundPassthrough, port: undefined }, inbound);
}

interface Target {
  readonly cluster: string;
  readonly port: InboundPortIR | undefined;
}

function routes(
  name: string,
  { cluster, port: known }: Target,
  { authorization, external, rateLimits }: InboundIR,
): XdsResource {
  const perFilter = {
    ...askedOfRoutes(external),
    ...authorizationOfRoutes(authorization),
    ...limitsOfRoutes(rateLimits),
  };
  const policies = [
    ...(external === undefined ? [] : [{ rules: external.rules, shadow: [] }]),
    ...authorization,
  ].flatMap(({ rules, shadow }) => [...rules, ...shadow].map(({ origin }) => origin));
  return {
    type: 'route',
    name,
    origins: [...(known?.origins ?? []), ...policies, ...rateLimits.local.map(({ origin }) => origin)],
    message: {
      name,
      validate_clusters: false,
      virtual_hosts: [
        {
          name: `inbound|http|${known?.port ?? 0}`,
          domains: ['*'],
          request_headers_to_remove: [chosenEndpointHeader],
          ...(Object.keys(perFilter).length === 0 ? {} : { typed_per_filter_config: perFilter }),
          routes: [routeTo(cluster, known)],
        },
      ],
    },
  };
}

function routeTo(cluster: string, known: InboundPortIR | undefined): Message {
  const again = known === undefined || isHttp2(known.protocol) ? {} : { retry_policy: resetBeforeRequest };
  const operation = known === undefined ? `${cluster}/*` : `${known.hostname}:${known.port}/*`;
  const unlimited = { max_stream_duration: '0s', grpc_timeout_header_max: '0s' };
  return {
    name: 'default',
    match: { prefix: '/' },
    route: { cluster, timeout: '0s', max_stream_duration: unlimited, ...again },
    decorator: { operation },
  };
}

const resetBeforeRequest: Message = { retry_on: 'reset-before-request', num_retries: 2 };
