import type { ProxyShape } from '../ir/types/proxy.ts';
import type { TelemetryIR } from '../ir/types/telemetry.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import type { Workload } from '../model/workload.ts';

const modeAnnotation = 'sidecar.istio.io/interceptionMode';

/** What the configuration of a pod's proxy depends on beside the mesh. */
export function proxyShape(workload: Workload, settings: MeshSettings, telemetry: TelemetryIR): ProxyShape {
  const { labels, canonicalService, canonicalRevision, ips } = workload;
  const six = ips.some((ip) => ip.includes(':'));
  const four = ips.length === 0 || ips.some((ip) => !ip.includes(':'));
  const mode = workload.annotations[modeAnnotation];
  return {
    workload: workload.workloadName,
    namespace: workload.namespace,
    app: labels.app ?? canonicalService,
    version: labels.version ?? canonicalRevision,
    canonicalService,
    canonicalRevision,
    cluster: settings.clusterId,
    interception: mode === 'TPROXY' || mode === 'NONE' ? mode : 'REDIRECT',
    families: [...(four ? [4 as const] : []), ...(six ? [6 as const] : [])],
    telemetry,
    pathNormalization: settings.pathNormalization,
    protocolDetectionTimeoutMs: settings.protocolDetectionTimeoutMs,
  };
}
