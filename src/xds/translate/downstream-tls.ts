import type { Message } from '../resource.ts';
import { any } from './common.ts';
import { meshRoot, ownCertificate, tlsVersions } from './upstream-tls.ts';

const cipherSuites = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
];

const alpn = { http: ['h2', 'http/1.1'], tcp: ['istio', 'h2', 'http/1.1'] } as const;

/** Mutual TLS of the mesh, taken off for the app: any workload of our trust domains may come. */
export function meshServerTls(speaks: 'http' | 'tcp', trustDomains: readonly string[]): Message {
  return serverTlsSocket({
    require_client_certificate: true,
    common_tls_context: {
      alpn_protocols: alpn[speaks],
      tls_params: { ...tlsVersions, cipher_suites: cipherSuites },
      tls_certificate_sds_secret_configs: [ownCertificate],
      combined_validation_context: {
        default_validation_context: {
          match_typed_subject_alt_names: trustDomains.map((domain) => ({
            san_type: 'URI',
            matcher: { prefix: `spiffe://${domain}/` },
          })),
        },
        validation_context_sds_secret_config: meshRoot,
      },
    },
  });
}

export function serverTlsSocket(context: Message): Message {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: any('extensions.transport_sockets.tls.v3.DownstreamTlsContext', context),
  };
}
