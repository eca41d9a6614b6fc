import { type FieldEffects, isTextWith, under } from '../field-effects.ts';

const tls = [
  ...['httpsRedirect', 'mode', 'serverCertificate', 'privateKey', 'caCertificates', 'caCrl'],
  ...['credentialName', 'credentialNames', 'caCertCredentialName', 'subjectAltNames'],
  ...['tlsCertificates[].serverCertificate', 'tlsCertificates[].privateKey'],
  ...['verifyCertificateSpki', 'verifyCertificateHash', 'minProtocolVersion', 'maxProtocolVersion'],
  ...['cipherSuites', 'ecdhCurves', 'insecureSkipVerify'],
];

const server = ['name', 'bind', 'hosts', 'port.number', 'port.protocol', 'port.name'];
const leftOut = 'the server is left out';

export const gatewayFields: FieldEffects = {
  implemented: ['selector', ...under('servers[]', [...server, ...under('tls', tls)])],
  notYet: {
    'servers[].tls.tlsCertificates[].caCertificates':
      'as in Istio, one set of authorities counts for all certificates: that of caCertificates above',
  },
  ignored: ['servers[].port.targetPort', 'servers[].defaultEndpoint'],
  values: [
    {
      path: 'servers[].port.protocol',
      isMeant: isDatagram,
      message: `gateways do not take this protocol yet: ${leftOut}`,
    },
    {
      path: 'servers[].bind',
      isMeant: (value) => /^(?:unix:\/\/|\/|@)/.test(String(value)),
      message: `gateways do not listen on sockets yet: ${leftOut}`,
    },
    ...['credentialName', 'caCertCredentialName'].map((field) => ({
      path: `servers[].tls.${field}`,
      isMeant: (value: unknown) => isTextWith('://')(value) && !String(value).startsWith('kubernetes://'),
      message: `certificates come from Kubernetes Secrets alone: ${leftOut}`,
    })),
  ],
};

/** What no listener of TCP can take. */
export function isDatagram(protocol: unknown): boolean {
  return ['UDP', 'QUIC', 'HBONE'].includes(String(protocol).toUpperCase());
}
