import { isCipherSuite, isCurve } from '../../model/tls-names.ts';
import type { ServerTls } from '../../schema/common/server-tls.ts';
import type { DownstreamTlsIR } from '../types/downstream-tls.ts';
import type { GatewayProblem } from '../types/gateway.ts';
import { type GatewayFacts, type PlacedServer, problemOf } from './gateway-facts.ts';

const scheme = 'kubernetes://';
const ofClients = '-cacert';

/** How TLS of clients is ended; a problem when that needs what this gateway cannot have. */
export function downstreamTlsOf(
  placed: PlacedServer,
  tls: ServerTls,
  facts: Pick<GatewayFacts, 'namespace'>,
): DownstreamTlsIR | GatewayProblem {
  const wanted = [...credentialsOf(tls), ...(tls.caCertCredentialName === undefined ? [] : [tls.caCertCredentialName])];
  const wrong = wanted.flatMap((name) => faultOf(name, placed, facts.namespace) ?? [])[0];
  return wrong ?? serverTlsOf(tls);
}

const credentialsOf = ({ credentialName, credentialNames = [] }: ServerTls) =>
  credentialName === undefined ? credentialNames : [credentialName];

/** How TLS of clients is ended, whatever it needs. */
export function serverTlsOf(tls: ServerTls): DownstreamTlsIR {
  const given = credentialsOf(tls);
  const mode = modeOf(tls);
  return {
    mode,
    certificates: mode === 'mesh' ? [] : given.map(secretName),
    files: mode === 'mesh' || given.length > 0 ? [] : filesOf(tls),
    ...(mode === 'simple' ? nobodyAsked : clientsOf(tls, mode, given)),
    ...versionsOf(tls),
    cipherSuites: (tls.cipherSuites ?? []).filter(isCipherSuite),
    curves: (tls.ecdhCurves ?? []).filter(isCurve),
  };
}

type Clients = Pick<
  DownstreamTlsIR,
  'ca' | 'caFile' | 'crlFile' | 'takesUntrusted' | 'subjectAltNames' | 'keyHashes' | 'certificateHashes'
>;

const nobodyAsked: Clients = {
  ...{ ca: '', caFile: '', crlFile: '', takesUntrusted: false },
  ...{ subjectAltNames: [], keyHashes: [], certificateHashes: [] },
};

/** Which clients are let in by their certificates. */
function clientsOf(tls: ServerTls, mode: DownstreamTlsIR['mode'], given: readonly string[]): Clients {
  const mesh = mode === 'mesh';
  return {
    ca: mesh ? '' : authorityOf(tls, given),
    caFile: mesh ? '' : (tls.caCertificates ?? ''),
    crlFile: tls.caCrl ?? '',
    takesUntrusted: !mesh && tls.insecureSkipVerify === true,
    subjectAltNames: tls.subjectAltNames ?? [],
    keyHashes: tls.verifyCertificateSpki ?? [],
    certificateHashes: tls.verifyCertificateHash ?? [],
  };
}

function modeOf({ mode }: ServerTls): DownstreamTlsIR['mode'] {
  switch (mode) {
    case 'MUTUAL':
      return 'mutual';
    case 'OPTIONAL_MUTUAL':
      return 'optional-mutual';
    case 'ISTIO_MUTUAL':
      return 'mesh';
    default:
      return 'simple';
  }
}

/** `name`, `namespace/name`, or one of them behind `kubernetes://`. */
function secretName(credential: string): string {
  return credential.startsWith(scheme) ? credential : `${scheme}${credential}`;
}

/** Secrets are those of the gateway's own namespace, whoever wrote the Gateway. */
function faultOf(credential: string, placed: PlacedServer, namespace: string): GatewayProblem | undefined {
  const { gateway, server, origin } = placed;
  const of = `the server of port ${server.port.number} of ${gateway}`;
  const name = secretName(credential).slice(scheme.length);
  if (name.includes('://')) return problemOf('not-yet', `${credential} of ${of} is no Kubernetes Secret`, origin);
  const slash = name.indexOf('/');
  if (slash < 0 || name.slice(0, slash) === namespace) return undefined;
  const message = `${credential} of ${of} is not of ${namespace}, the namespace of the gateway`;
  return problemOf('foreign-secret', message, origin);
}

function authorityOf(tls: ServerTls, given: readonly string[]): string {
  const name = tls.caCertCredentialName ?? given[0];
  if (name === undefined || (tls.caCertCredentialName === undefined && tls.caCertificates !== undefined)) return '';
  return name.endsWith(ofClients) ? secretName(name) : `${secretName(name)}${ofClients}`;
}

function filesOf(tls: ServerTls): DownstreamTlsIR['files'] {
  const { serverCertificate, privateKey, tlsCertificates = [] } = tls;
  return [{ serverCertificate, privateKey }, ...tlsCertificates].flatMap((pair) => {
    const { serverCertificate: certificate, privateKey: key } = pair;
    return certificate === undefined || key === undefined ? [] : [{ certificate, key }];
  });
}

/** `TLSV1_2` is `TLSv1_2` to Envoy. */
function versionsOf({ minProtocolVersion: min, maxProtocolVersion: max }: ServerTls) {
  const named = (version: string | undefined) =>
    version === undefined || version === 'TLS_AUTO' ? undefined : version.replace('TLSV', 'TLSv');
  const [minVersion, maxVersion] = [named(min), named(max)];
  return { ...(minVersion === undefined ? {} : { minVersion }), ...(maxVersion === undefined ? {} : { maxVersion }) };
}
