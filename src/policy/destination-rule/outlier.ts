import type { OutlierIR } from '../../ir/types/cluster.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { OutlierDetection } from '../../schema/destination-rule/outlier-detection.ts';

/** `consecutiveErrors: n`, as it was meant when it was current, counts gateway errors and nothing else. */
export function outlierOf(outlier: OutlierDetection | undefined): OutlierIR | undefined {
  if (outlier === undefined) return undefined;
  const legacy = outlier.consecutiveErrors;
  const old = legacy !== undefined && outlier.consecutive5xxErrors === undefined;
  const gateway = outlier.consecutiveGatewayErrors ?? legacy;
  const errors = old ? 0 : outlier.consecutive5xxErrors;
  const interval = outlier.interval === undefined ? undefined : parseDuration(outlier.interval);
  const base = outlier.baseEjectionTime === undefined ? undefined : parseDuration(outlier.baseEjectionTime);
  const local = outlier.consecutiveLocalOriginFailures;
  return {
    ...(errors === undefined ? {} : { consecutive5xx: errors }),
    ...(gateway === undefined ? {} : { consecutiveGateway: gateway }),
    ...(local === undefined ? {} : { consecutiveLocal: local }),
    splitLocal: outlier.splitExternalLocalOriginErrors ?? false,
    ...(interval === undefined ? {} : { intervalMs: interval }),
    ...(base === undefined ? {} : { baseEjectionMs: base }),
    ...((outlier.maxEjectionPercent ?? 0) > 0 ? { maxEjectionPercent: outlier.maxEjectionPercent } : {}),
    minHealthPercent: outlier.minHealthPercent ?? 0,
  };
}
