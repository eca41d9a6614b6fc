import type { Container, Pod } from '../../model/pod.ts';
import { meshStatusPort } from '../render/bootstrap-facts.ts';
import type { BootstrapInput } from '../render/bootstrap-input.ts';
import type { SidecarOptions } from '../render/options.ts';
import { planPrometheus, targetsOfRecord } from '../render/prometheus.ts';
import { parseBool } from '../review/go-values.ts';
import { envValue, withAnnotations } from './edit.ts';
import { parseObject } from './record.ts';

const prometheusEnv = 'ISTIO_PROMETHEUS_ANNOTATIONS';

/** A pod whose scrape annotations point to the proxy, and what the proxy has to ask for it. */
export interface Measured {
  readonly pod: Pod;
  readonly env: readonly { name: string; value: string }[];
  readonly targets: BootstrapInput['scrape'];
  readonly warnings: readonly string[];
}

/** The Prometheus annotations of the app, merged into the proxy's endpoint where the pod wants it. */
export function finishMetrics(pod: Pod, proxy: Container, options: SidecarOptions): Measured {
  const annotations = pod.metadata.annotations ?? {};
  const wanted = parseBool(annotations['prometheus.istio.io/merge-metrics'] ?? '') ?? options.mergeMetrics;
  const declared = pod.spec.containers
    .filter((container) => container.name !== 'istio-proxy')
    .flatMap((container) =>
      (container.ports ?? []).filter((port) => (port.protocol ?? 'TCP') === 'TCP').map((port) => port.containerPort),
    );
  const record = envValue(proxy, prometheusEnv);
  const before = record !== undefined && parseObject(record) !== undefined ? targetsOfRecord(record, declared) : [];
  if (!wanted) return { pod, env: [], targets: before, warnings: [] };
  const plan = planPrometheus(annotations, meshStatusPort, declared);
  if (Object.keys(plan.add).length === 0) return { pod, env: [], targets: before, warnings: plan.warnings };
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !plan.remove.includes(key)));
  return {
    pod: withAnnotations(pod, { ...kept, ...plan.add }),
    env: plan.record === undefined ? [] : [{ name: prometheusEnv, value: plan.record }],
    targets: plan.targets,
    warnings: plan.warnings,
  };
}
