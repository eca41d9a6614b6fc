import { type FieldEffects, isOneOf, isTextWith, notYetUnder, under } from '../field-effects.ts';

/** Of the pod's own ports. Upgrades are of clients: to the app they have no effect, as in Istio. */
const pool = [
  ...under('tcp', ['maxConnections', 'connectTimeout', 'maxConnectionDuration', 'idleTimeout']),
  ...under('tcp.tcpKeepalive', ['probes', 'time', 'interval']),
  ...under('http', ['http1MaxPendingRequests', 'http2MaxRequests', 'maxRequestsPerConnection', 'maxRetries']),
  ...under('http', ['idleTimeout', 'maxConcurrentStreams', 'useClientProtocol']),
  ...under('http.http2KeepAlive', ['interval', 'timeout']),
];
const poolNotYet = {
  'http.h2UpgradePolicy': 'the app is spoken to in the protocol of its port, as in Istio',
};

const tls = [
  ...['mode', 'serverCertificate', 'privateKey', 'caCertificates', 'caCrl'],
  ...['tlsCertificates[].serverCertificate', 'tlsCertificates[].privateKey'],
  ...['verifyCertificateSpki', 'verifyCertificateHash', 'minProtocolVersion', 'maxProtocolVersion'],
  ...['cipherSuites', 'ecdhCurves', 'insecureSkipVerify'],
];
const tlsNotYet = {
  'tlsCertificates[].caCertificates':
    'as in Istio, one set of authorities counts for all certificates: that of caCertificates above',
};
/** Validation refuses them. */
const tlsRefused = ['httpsRedirect', 'subjectAltNames', 'credentialName', 'credentialNames', 'caCertCredentialName'];

export const sidecarFields: FieldEffects = {
  implemented: [
    ...['workloadSelector.labels', 'outboundTrafficPolicy.mode'],
    ...under('outboundTrafficPolicy.egressProxy', ['host', 'subset', 'port.number']),
    ...under('egress[]', ['hosts', 'port.number', 'port.protocol', 'bind', 'captureMode']),
    ...under('ingress[]', ['port.number', 'port.protocol', 'bind', 'captureMode', 'defaultEndpoint']),
    ...under('ingress[].tls', tls),
    ...under('ingress[].connectionPool', pool),
    ...under('inboundConnectionPool', pool),
  ],
  notYet: {
    ...notYetUnder('ingress[].tls', tlsNotYet),
    ...notYetUnder('ingress[].connectionPool', poolNotYet),
    ...notYetUnder('inboundConnectionPool', poolNotYet),
  },
  ignored: [
    ...['ingress', 'egress'].flatMap((list) => under(`${list}[].port`, ['name', 'targetPort'])),
    ...under('ingress[].tls', tlsRefused),
  ],
  values: [
    {
      path: 'egress[].bind',
      isMeant: isTextWith('unix://'),
      message: 'sidecars do not listen on sockets yet: the listener is left out, with its hosts',
    },
    {
      path: 'egress[].port.protocol',
      isMeant: isOneOf('HTTP_PROXY'),
      message: 'HTTP_PROXY has not its effect yet: on the port are the hosts that have it, in their own protocol',
    },
  ],
};
