import type { DownstreamTlsIR } from '../../ir/types/downstream-tls.ts';
import type { Message } from '../resource.ts';
import { given } from './common.ts';
import { serverTlsSocket } from './downstream-tls.ts';
import { meshRoot, ownCertificate, tlsVersions } from './upstream-tls.ts';

/**
 * A Secret of Kubernetes, asked for by its name. With Envoy's own limit of 15 seconds, unlike all else: a Secret that is
 * not there is withheld, and must not keep its listener from ever coming up.
 */
export function secretConfig(name: string): Message {
  return { name, sds_config: { ads: {}, resource_api_version: 'V3' } };
}

/** TLS of clients, ended by the gateway. */
export function gatewayTls(tls: DownstreamTlsIR, speaks: 'http' | 'tcp', trustDomains: readonly string[]): Message {
  const { mode } = tls;
  return serverTlsSocket({
    ...(mode === 'mutual' || mode === 'mesh' ? { require_client_certificate: true } : {}),
    common_tls_context: {
      ...(speaks === 'http' ? { alpn_protocols: ['h2', 'http/1.1'] } : {}),
      tls_params: paramsOf(tls),
      ...certificatesOf(tls),
      ...(mode === 'simple' ? {} : clientsOf(tls, trustDomains)),
    },
  });
}

function paramsOf({ minVersion, maxVersion, cipherSuites, curves }: DownstreamTlsIR): Message {
  return given({
    tls_minimum_protocol_version: minVersion ?? tlsVersions['tls_minimum_protocol_version'],
    tls_maximum_protocol_version: maxVersion ?? tlsVersions['tls_maximum_protocol_version'],
    cipher_suites: cipherSuites.length === 0 ? undefined : cipherSuites,
    ecdh_curves: curves.length === 0 ? undefined : curves,
  });
}

function certificatesOf({ mode, certificates, files }: DownstreamTlsIR): Message {
  if (mode === 'mesh') return { tls_certificate_sds_secret_configs: [ownCertificate] };
  if (certificates.length > 0) return { tls_certificate_sds_secret_configs: certificates.map(secretConfig) };
  return { tls_certificates: files.map(fileCertificate) };
}

/** Read anew when its folder changes, as Kubernetes changes mounted Secrets. */
function fileCertificate({ certificate, key }: DownstreamTlsIR['files'][number]): Message {
  const folder = certificate.replace(/\/[^/]*$/, '');
  return {
    certificate_chain: { filename: certificate },
    private_key: { filename: key },
    ...(folder === '' ? {} : { watched_directory: { path: folder } }),
  };
}

/** Whose certificate counts: one of the CA, and where names or hashes are given, one that has them. */
function clientsOf(tls: DownstreamTlsIR, trustDomains: readonly string[]): Message {
  const own = given({
    match_typed_subject_alt_names: namesOf(tls, trustDomains),
    verify_certificate_spki: listOrNone(tls.keyHashes),
    verify_certificate_hash: listOrNone(tls.certificateHashes),
    crl: tls.crlFile === '' ? undefined : { filename: tls.crlFile },
    trust_chain_verification: tls.takesUntrusted ? 'ACCEPT_UNTRUSTED' : undefined,
  });
  const sds = tls.mode === 'mesh' ? meshRoot : tls.ca === '' ? undefined : secretConfig(tls.ca);
  if (sds === undefined) return { validation_context: { ...own, trusted_ca: { filename: tls.caFile } } };
  return {
    combined_validation_context: { default_validation_context: own, validation_context_sds_secret_config: sds },
  };
}

const listOrNone = (values: readonly string[]) => (values.length === 0 ? undefined : values);

function namesOf({ mode, subjectAltNames }: DownstreamTlsIR, trustDomains: readonly string[]): Message[] | undefined {
  if (subjectAltNames.length > 0)
    return subjectAltNames.map((name) => ({
      san_type: name.includes('://') ? 'URI' : 'DNS',
      matcher: { exact: name },
    }));
  if (mode !== 'mesh') return undefined;
  return trustDomains.map((domain) => ({ san_type: 'URI', matcher: { prefix: `spiffe://${domain}/` } }));
}
