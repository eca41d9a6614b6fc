import type { ClusterIR, UpstreamProtocolIR, UpstreamTlsIR } from '../../ir/types/cluster.ts';
import type { Message } from '../resource.ts';
import { any, extension, fromAds } from './common.ts';

/** The certificate of the workload, and the roots of the mesh. */
export const ownCertificate: Message = { name: 'default', sds_config: fromAds };
export const meshRoot: Message = { name: 'ROOTCA', sds_config: fromAds };

export const tlsVersions: Message = {
  tls_minimum_protocol_version: 'TLSv1_2',
  tls_maximum_protocol_version: 'TLSv1_3',
};

/** Bytes as they are. */
export const rawBuffer: Message = extension(
  'envoy.transport_sockets.raw_buffer',
  'extensions.transport_sockets.raw_buffer.v3.RawBuffer',
);

const plaintext: Message = { name: 'tlsMode-disabled', match: {}, transport_socket: rawBuffer };

/** How connections of a cluster are secured; `auto` looks at each endpoint. */
export function translateUpstreamTls({ tls, upstream }: Pick<ClusterIR, 'tls' | 'upstream'>): Message {
  switch (tls.kind) {
    case 'none':
      return {};
    case 'mesh':
      return { transport_socket: tlsSocket(meshContext(tls, upstream)) };
    case 'given':
      return { transport_socket: tlsSocket(givenContext(tls, upstream)) };
    case 'auto': {
      const secured = tlsSocket(meshContext(tls, upstream));
      const matches = [{ name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transport_socket: secured }, plaintext];
      return { transport_socket_matches: matches };
    }
  }
}

/** What the other sidecar is told of the connection; each list ends with what any TLS server understands. */
const meshAlpn: Readonly<Record<UpstreamProtocolIR, readonly string[]>> = {
  http: ['istio-http/1.1', 'istio', 'http/1.1'],
  http2: ['istio-h2', 'istio', 'h2'],
  // Set for each request by the filter `alpn`.
  same: ['istio'],
  tcp: ['istio'],
};

function meshContext(
  { sni, sans }: { readonly sni: string; readonly sans: readonly string[] },
  upstream: UpstreamProtocolIR,
): Message {
  return {
    sni,
    common_tls_context: {
      alpn_protocols: meshAlpn[upstream],
      tls_params: tlsVersions,
      tls_certificate_sds_secret_configs: [ownCertificate],
      combined_validation_context: {
        default_validation_context: sans.length === 0 ? {} : { match_typed_subject_alt_names: uris(sans) },
        validation_context_sds_secret_config: meshRoot,
      },
    },
  };
}

const uris = (sans: readonly string[]) => sans.map((san) => ({ san_type: 'URI', matcher: { exact: san } }));

type GivenTls = Extract<UpstreamTlsIR, { kind: 'given' }>;

/** TLS of the user's own: names and roots as the DestinationRule has them. Without a name: `upstream-protocol.ts`. */
function givenContext(tls: GivenTls, upstream: UpstreamProtocolIR): Message {
  return {
    ...(tls.sni === '' ? {} : { sni: tls.sni }),
    common_tls_context: {
      tls_params: tlsVersions,
      ...(upstream === 'http2' ? { alpn_protocols: ['h2'] } : {}),
      ...certificatesOf(tls),
      ...validationOf(tls),
    },
  };
}

function certificatesOf({ certificateFile, keyFile }: GivenTls): Message {
  if (certificateFile === '') return {};
  const folder = certificateFile.replace(/\/[^/]*$/, '');
  const pair = { certificate_chain: { filename: certificateFile }, private_key: { filename: keyFile } };
  return { tls_certificates: [{ ...pair, ...(folder === '' ? {} : { watched_directory: { path: folder } }) }] };
}

/** Of the proxy's image, as Debian and distroless have it. `system_root_certs` is not for Envoy but for gRPC. */
const systemRoots = '/etc/ssl/certs/ca-certificates.crt';

function validationOf({ caFile, crlFile, sans }: GivenTls): Message {
  if (caFile === '') return {};
  const roots = { trusted_ca: { filename: caFile === 'system' ? systemRoots : caFile } };
  return { validation_context: { ...roots, ...revokedIn(crlFile), ...sanMatches(sans) } };
}

export function revokedIn(crlFile: string): Message {
  return crlFile === '' ? {} : { crl: { filename: crlFile } };
}

/** Names of which the server must have one; none is any. */
export function sanMatches(sans: readonly string[]): Message {
  const names = sans.map((san) => ({ san_type: san.includes('://') ? 'URI' : 'DNS', matcher: { exact: san } }));
  return names.length === 0 ? {} : { match_typed_subject_alt_names: names };
}

export function tlsSocket(context: Message): Message {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: any('extensions.transport_sockets.tls.v3.UpstreamTlsContext', context),
  };
}
