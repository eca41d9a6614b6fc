import { Type } from 'typebox';
import { choice, int32, listOf, mapOf, message, port, text } from '../build.ts';
import { labels } from '../common/label.ts';
import { checkRegexIfAny } from '../common/regex.ts';
import { checkTargets, targetFields } from '../common/target-ref.ts';

const targets = [
  ...(['LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER', 'ROUTE_CONFIGURATION', 'VIRTUAL_HOST'] as const),
  ...(['HTTP_ROUTE', 'CLUSTER', 'LISTENER_FILTER', 'EXTENSION_CONFIG', 'BOOTSTRAP'] as const),
];
const operations = [
  ...(['MERGE', 'ADD', 'REMOVE', 'INSERT_BEFORE', 'INSERT_AFTER', 'INSERT_FIRST', 'REPLACE'] as const),
];
const name = text('Its name.');

const FilterMatch = message(
  { name, subFilter: message({ name }, { description: 'A filter of the connection manager.' }) },
  { description: 'A network filter.' },
);

const ListenerMatch = message(
  {
    name,
    portNumber: port('Its port; of a listener of many ports, that of a chain.'),
    filterChain: message(
      {
        name,
        sni: text('A server name of it.'),
        transportProtocol: text('raw_buffer or tls.'),
        applicationProtocols: text('Its ALPN protocols, with commas.'),
        destinationPort: port('The port that was called.'),
        filter: FilterMatch,
      },
      { description: 'A chain of the listener.' },
    ),
    listenerFilter: text('A filter of the listener.'),
  },
  { description: 'A listener.' },
);

const RouteMatch = message(
  {
    name,
    portNumber: port('The port of the route configuration.'),
    portName: text('The name of the port of a gateway.'),
    gateway: text('namespace/name of the Gateway.'),
    vhost: message(
      {
        name: text('Its name: host:port.'),
        domainName: text('A domain of it.'),
        route: message(
          { name, action: choice(['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE'], 'What it does.') },
          { description: 'A route of the host.' },
        ),
      },
      { description: 'A virtual host.' },
    ),
  },
  { description: 'A route configuration.' },
);

const ClusterMatch = message(
  {
    name,
    service: text('The host of the service.'),
    subset: text('The subset.'),
    portNumber: port('The port of the service.'),
  },
  { description: 'A cluster.' },
);

const ObjectMatch = message(
  {
    context: choice(['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY'], 'In which direction of which proxies.'),
    proxy: message(
      {
        proxyVersion: text('A regular expression of RE2 for a part of the version of Istio.', checkRegexIfAny),
        metadata: mapOf(text('A value.'), 'Metadata of the proxy.'),
      },
      { description: 'Which proxies.' },
    ),
    listener: ListenerMatch,
    routeConfiguration: RouteMatch,
    cluster: ClusterMatch,
  },
  { description: 'What is patched.', choices: [{ of: ['listener', 'routeConfiguration', 'cluster'] }] },
);

const Patch = message(
  {
    operation: choice([...operations], 'What is done.'),
    value: Type.Unknown({ description: "A part of Envoy's configuration, as protobuf's JSON." }),
    filterClass: choice(['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'], 'Near which filters it stands.'),
  },
  { description: 'The patch.' },
);

export const EnvoyFilterSpec = message(
  {
    workloadSelector: message(
      { labels: labels('Labels of the pods.') },
      { description: 'Which pods; all without it.' },
    ),
    ...targetFields,
    configPatches: listOf(
      message(
        {
          applyTo: choice([...targets], 'What part of the configuration it is for.'),
          match: ObjectMatch,
          patch: Patch,
        },
        { description: 'One patch.' },
      ),
      'Patches, in order.',
    ),
    priority: int32('The lower ones come first; 0 without it.'),
  },
  {
    description: 'Changes of the finished configuration of proxies.',
    check: ({ workloadSelector: _, ...rest }, report) => checkTargets(rest, report),
  },
);
