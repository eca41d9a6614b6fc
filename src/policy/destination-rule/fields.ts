import { isObject } from '../../model/json.ts';
import { type FieldEffects, under } from '../field-effects.ts';

const consistentHash = [
  ...['httpHeaderName', 'useSourceIp', 'httpQueryParameterName', 'minimumRingSize'],
  ...['ringHash.minimumRingSize', 'maglev.tableSize'],
  ...under('httpCookie', ['name', 'path', 'ttl', 'attributes[].name', 'attributes[].value']),
];

const loadBalancer = [
  ...['simple', 'warmupDurationSecs'],
  ...under('consistentHash', consistentHash),
  ...under('localityLbSetting', ['enabled', 'distribute[].from', 'distribute[].to', 'failoverPriority']),
  ...under('localityLbSetting.failover[]', ['from', 'to']),
  ...under('zoneAwareLbSetting', ['enabled', 'minClusterSize', 'failoverPriority', 'failover[].from', 'failover[].to']),
  ...under('warmup', ['duration', 'minimumPercent', 'aggression']),
];

const connectionPool = [
  ...under('tcp', ['maxConnections', 'connectTimeout', 'maxConnectionDuration', 'idleTimeout']),
  ...under('tcp.tcpKeepalive', ['probes', 'time', 'interval']),
  ...under('http', ['http1MaxPendingRequests', 'http2MaxRequests', 'maxRequestsPerConnection', 'maxRetries']),
  ...under('http', ['idleTimeout', 'h2UpgradePolicy', 'useClientProtocol', 'maxConcurrentStreams']),
  ...under('http.http2KeepAlive', ['interval', 'timeout']),
];

const outlierDetection = [
  ...['consecutive5xxErrors', 'consecutiveGatewayErrors', 'consecutiveLocalOriginFailures', 'consecutiveErrors'],
  ...['splitExternalLocalOriginErrors', 'interval', 'baseEjectionTime', 'maxEjectionPercent', 'minHealthPercent'],
  'outlierDetectionHttpErrorCodes',
];

const tls = [
  ...['mode', 'clientCertificate', 'privateKey', 'caCertificates', 'credentialName', 'subjectAltNames', 'sni'],
  ...['insecureSkipVerify', 'caCrl'],
];

/** What a policy and a policy of one port have in common. */
const core = [
  ...under('loadBalancer', loadBalancer),
  ...under('connectionPool', connectionPool),
  ...under('outlierDetection', outlierDetection),
  ...under('tls', tls),
];

const policy = [
  ...core,
  ...under('portLevelSettings[]', ['port.number', ...core]),
  ...under('retryBudget', ['percent', 'minRetryConcurrency', 'interval']),
  ...under('tunnel', ['protocol', 'targetHost', 'targetPort']),
  'proxyProtocol.version',
];

const places = ['trafficPolicy', 'subsets[].trafficPolicy'];
const credentials = places.flatMap((place) => [
  `${place}.tls.credentialName`,
  `${place}.portLevelSettings[].tls.credentialName`,
]);

export const destinationRuleFields: FieldEffects = {
  implemented: [
    ...['host', 'exportTo', 'workloadSelector.matchLabels'],
    ...under('subsets[]', ['name', 'labels']),
    ...places.flatMap((place) => under(place, policy)),
  ],
  notYet: {},
  ignored: [],
  values: credentials.map((path) => ({
    path,
    isMeant: (_: unknown, spec: unknown) => !selectsPods(spec),
    message:
      'it holds in gateways alone, as the rule has no workloadSelector: sidecars use the authorities of the system, and show no certificate',
  })),
};

function selectsPods(spec: unknown): boolean {
  if (!isObject(spec) || !isObject(spec.workloadSelector)) return false;
  return spec.workloadSelector.matchLabels !== undefined;
}
