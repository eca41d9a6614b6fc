import type { ProxyShape } from '../ir/types/proxy.ts';
import type { TapIR, TelemetryIR } from '../ir/types/telemetry.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import type { Workload } from '../model/workload.ts';

const modeAnnotation = 'sidecar.istio.io/interceptionMode';

/** What the configuration of a pod's proxy depends on beside the mesh. */
export function proxyShape(
  workload: Workload,
  settings: MeshSettings,
  telemetry: TelemetryIR,
  taps: readonly TapIR[],
): ProxyShape {
  const { labels, canonicalService, canonicalRevision, ips } = workload;
  const six = ips.some((ip) => ip.includes(':'));
  const four = ips.length === 0 || ips.some((ip) => !ip.includes(':'));
  const mode = workload.annotations[modeAnnotation];
  return {
    workload: workload.workloadName,
    namespace: workload.namespace,
    app: labels.app ?? 'unknown',
    version: labels.version ?? 'unknown',
    canonicalService,
    canonicalRevision,
    cluster: settings.clusterId,
    interception: mode === 'TPROXY' || mode === 'NONE' ? mode : 'REDIRECT',
    families: [...(four ? [4 as const] : []), ...(six ? [6 as const] : [])],
    telemetry,
    ...(taps.length === 0 ? {} : { taps }),
    pathNormalization: settings.pathNormalization,
    protocolDetectionTimeoutMs: settings.protocolDetectionTimeoutMs,
  };
}
