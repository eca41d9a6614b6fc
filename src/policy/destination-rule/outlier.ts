import type { OutlierIR } from '../../ir/types/cluster.ts';
import type { OutlierDetection } from '../../schema/destination-rule/outlier-detection.ts';
import { given, milliseconds } from '../given.ts';

/** `consecutiveErrors: n`, as it was meant when it was current, counts gateway errors and nothing else. */
export function outlierOf(outlier: OutlierDetection | undefined): OutlierIR | undefined {
  if (outlier === undefined) return undefined;
  const { consecutiveErrors: legacy, outlierDetectionHttpErrorCodes: codes = [], maxEjectionPercent = 0 } = outlier;
  const old = legacy !== undefined && outlier.consecutive5xxErrors === undefined;
  return {
    ...given({
      consecutive5xx: old ? 0 : outlier.consecutive5xxErrors,
      consecutiveGateway: outlier.consecutiveGatewayErrors ?? legacy,
      consecutiveLocal: outlier.consecutiveLocalOriginFailures,
      errorCodes: codes.length > 0 ? codes : undefined,
    }),
    splitLocal: outlier.splitExternalLocalOriginErrors ?? false,
    ...given({
      intervalMs: milliseconds(outlier.interval),
      baseEjectionMs: milliseconds(outlier.baseEjectionTime),
      maxEjectionPercent: maxEjectionPercent > 0 ? maxEjectionPercent : undefined,
    }),
    minHealthPercent: outlier.minHealthPercent ?? 0,
  };
}
