import type { UpstreamProtocolIR, UpstreamTlsIR } from '../../ir/types/cluster.ts';
import type { Message } from '../resource.ts';
import { secretConfig } from './gateway-tls.ts';
import { revokedIn, sanMatches, tlsSocket, tlsVersions } from './upstream-tls.ts';

type GivenTls = Extract<UpstreamTlsIR, { kind: 'given' }>;

/**
 * TLS by a Secret: `<name>` is certificate and key, `<name>-cacert` the CA. Which of the two is there is not known here,
 * so the server is always checked by the CA, as in Istio; a certificate of our own is shown where the rule is MUTUAL.
 */
export function credentialSocket(tls: GivenTls, upstream: UpstreamProtocolIR): Message {
  const name = tls.credential.startsWith('kubernetes://') ? tls.credential : `kubernetes://${tls.credential}`;
  return tlsSocket({
    ...(tls.sni === '' ? {} : { sni: tls.sni }),
    common_tls_context: {
      tls_params: tlsVersions,
      ...(upstream === 'http2' ? { alpn_protocols: ['h2'] } : {}),
      ...(tls.mutual ? { tls_certificate_sds_secret_configs: [secretConfig(name)] } : {}),
      combined_validation_context: {
        default_validation_context: { ...sanMatches(tls.sans), ...revokedIn(tls.crlFile) },
        validation_context_sds_secret_config: secretConfig(`${name}-cacert`),
      },
    },
  });
}
