import { protocolNamed } from '../../model/protocol.ts';
import type { Workload } from '../../model/workload.ts';
import type { WorkloadModes } from '../../policy/peer-authentication/mode.ts';
import { appAddressOf, bindOf, type Ingress, listensItself, withoutTls } from '../../policy/sidecar/ingress.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { Sidecar } from '../../schema/kinds.ts';
import type { InboundPortIR } from '../types/inbound.ts';
import { serverTlsOf } from './gateway-tls.ts';

export type PortLimits = Pick<InboundPortIR, 'limits' | 'connections' | 'connectTimeoutMs' | 'keepsVersion'>;

export interface IngressInputs {
  readonly sidecar: Config<Sidecar>;
  readonly workload: Workload;
  readonly modes: WorkloadModes;
  /** The port of a service that stands for the same port of the pod: names are its. */
  readonly known: InboundPortIR | undefined;
  readonly limits: PortLimits;
}

/**
 * A port of the pod as a Sidecar names it. Its own TLS is in force only where mutual TLS of the mesh is off for the
 * port, as in Istio.
 */
export function ingressPort(
  ingress: Ingress,
  { sidecar, workload, modes, known, limits }: IngressInputs,
): InboundPortIR {
  const { ips, annotations } = workload;
  const targetPort = ingress.port.number ?? 0;
  const mode = modes.ports.get(targetPort) ?? modes.mode;
  const bound = listensItself(ingress.captureMode, annotations['sidecar.istio.io/interceptionMode']);
  const passed = (ingress.tls?.mode ?? 'PASSTHROUGH') === 'PASSTHROUGH';
  const tls = ingress.tls === undefined || passed || mode !== 'disable' ? undefined : serverTlsOf(ingress.tls);
  const protocol = protocolNamed(ingress.port.protocol ?? '') ?? 'auto';
  return {
    targetPort,
    port: known?.port ?? targetPort,
    // Where no service has the port, the Sidecar gives the name, as in Istio.
    hostname: known?.hostname ?? `${sidecar.name}.${sidecar.namespace}`,
    protocol: tls === undefined ? protocol : withoutTls(protocol),
    mode,
    app: appAddressOf(ingress, ips, bound),
    bind: bound ? bindOf(ingress.bind, ips) : [],
    tls,
    ...{ limits: limits.limits, connections: limits.connections, connectTimeoutMs: limits.connectTimeoutMs },
    keepsVersion: limits.keepsVersion,
    origins: [sidecar.origin, ...(known?.origins ?? (modes.origin === undefined ? [] : [modes.origin]))],
  };
}
