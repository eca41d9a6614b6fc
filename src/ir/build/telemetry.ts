import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Origin } from '../../model/origin.ts';
import type { Workload } from '../../model/workload.ts';
import { accessLogsFor } from '../../policy/telemetry/access-logging.ts';
import { metricsFor } from '../../policy/telemetry/metrics.ts';
import type { Side } from '../../policy/telemetry/providers.ts';
import { telemetriesFor } from '../../policy/telemetry/select.ts';
import { tracingFor } from '../../policy/telemetry/tracing.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { Telemetry } from '../../schema/kinds.ts';
import type { ClusterIR } from '../types/cluster.ts';
import type { SpanTagIR, TelemetryIR, TelemetrySideIR } from '../types/telemetry.ts';
import type { OutboundView } from '../types/view.ts';
import { askedCluster } from './authorization.ts';
import { withoutCaller } from './gateway-clusters.ts';

export interface TelemetryInputs {
  readonly configs: readonly Config<Telemetry>[];
  readonly workload: Workload;
  readonly settings: MeshSettings;
  /** Where those who are told of spans are found; needed only where somebody is. */
  readonly view: OutboundView | undefined;
}

export interface TelemetryProblem {
  readonly message: string;
  readonly origins: readonly Origin[];
}

export interface BuiltTelemetry {
  readonly telemetry: TelemetryIR;
  readonly problems: readonly TelemetryProblem[];
}

/** What the proxy of a workload tells of requests. */
export function buildTelemetry({ configs, workload, settings, view }: TelemetryInputs): BuiltTelemetry {
  const { namespace, labels, canonicalService } = workload;
  const levels = telemetriesFor(configs, { namespace, labels, rootNamespaces: settings.rootNamespaces });
  const origins = levels.map(({ origin }) => origin);
  const messages = new Set<string>();
  const unknown = (name: string, wanted: string) =>
    messages.add(`mesh.extensionProviders has no ${JSON.stringify(name)} of ${wanted}: it is told nothing`);
  const collectors = new Map<string, ClusterIR>();
  const inputs = {
    ...{ settings, unknown, istioTags: istioTags(workload, settings) },
    serviceName: `${canonicalService}.${namespace}`,
    clusterOf: (service: string, port: number) => askedCluster(view, service, port),
  };
  const sideOf = (side: Side): TelemetrySideIR => {
    const { tracing, collector } = tracingFor(levels, side, inputs);
    if (collector !== undefined) collectors.set(collector.name, withoutCaller(collector));
    return {
      accessLogs: accessLogsFor(levels, side, settings, unknown),
      metrics: metricsFor(levels, side, settings, unknown),
      tracing,
    };
  };
  const sides = { calls: sideOf('calls'), served: sideOf('served') };
  return {
    telemetry: { ...sides, collectors: [...collectors.values()], origins },
    problems: [...messages].map((message) => ({ message, origins })),
  };
}

function istioTags({ canonicalService, canonicalRevision, namespace }: Workload, settings: MeshSettings): SpanTagIR[] {
  const values = {
    'istio.canonical_revision': canonicalRevision,
    'istio.canonical_service': canonicalService,
    'istio.cluster_id': settings.clusterId,
    'istio.mesh_id': settings.meshId,
    'istio.namespace': namespace,
  };
  return Object.entries(values).map(([name, value]) => ({ name, kind: 'literal', value }));
}
