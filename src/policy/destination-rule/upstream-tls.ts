import type { UpstreamTlsIR } from '../../ir/types/cluster.ts';
import type { ClientTls } from '../../schema/destination-rule/client-tls.ts';

export interface MeshTls {
  /** Server name within the mesh. */
  readonly sni: string;
  /** SPIFFE IDs of the endpoints. */
  readonly sans: readonly string[];
  /** Whether endpoints with a sidecar are called by mutual TLS where nobody said anything. */
  readonly auto: boolean;
  /** The rule selects the pods that it is for. */
  readonly selecting: boolean;
}

/** How a client secures its connections: as the rule says, else by itself where the other side can. */
export function upstreamTlsOf(tls: ClientTls | undefined, mesh: MeshTls): UpstreamTlsIR {
  const { sni, sans } = mesh;
  if (tls === undefined) return mesh.auto ? { kind: 'auto', sni, sans } : { kind: 'none' };
  if ((tls.mode ?? 'DISABLE') === 'DISABLE') return { kind: 'none' };
  const names = tls.subjectAltNames ?? [];
  if (tls.mode === 'ISTIO_MUTUAL') return { kind: 'mesh', sni: tls.sni ?? sni, sans: names.length > 0 ? names : sans };
  return {
    kind: 'given',
    sni: tls.sni ?? '',
    sans: names,
    ...filesOf(tls),
    mutual: tls.mode === 'MUTUAL',
    credentialForSidecars: mesh.selecting,
  };
}

type GivenTls = Extract<UpstreamTlsIR, { kind: 'given' }>;

function filesOf(tls: ClientTls): Pick<GivenTls, 'caFile' | 'crlFile' | 'certificateFile' | 'keyFile' | 'credential'> {
  const checked = tls.insecureSkipVerify !== true;
  return {
    caFile: checked ? (tls.caCertificates ?? 'system') : '',
    crlFile: checked ? (tls.caCrl ?? '') : '',
    certificateFile: tls.clientCertificate ?? '',
    keyFile: tls.privateKey ?? '',
    credential: tls.credentialName ?? '',
  };
}
