import type { GraphNode, Health, Signals, TelemetrySource } from '../model/service-graph.ts';

/** Shares of failed requests. */
const failing = 0.1;
const degraded = 0.001;

export interface HealthFacts {
  readonly signals: Signals;
  /** It carries connections of TCP. */
  readonly connections: boolean;
  readonly proxies: GraphNode['proxies'];
  readonly telemetry: TelemetrySource['state'];
  readonly rangeSeconds: number;
}

/** What is worst decides, and says so. */
export function healthOf({ signals, connections, proxies, telemetry, rangeSeconds }: HealthFacts): Health {
  const { errorShare, requestsPerSecond } = signals;
  const missing = proxies.expected - proxies.connected;
  if (errorShare !== null && errorShare >= failing) return { state: 'failing', reason: failedText(errorShare) };
  if (proxies.expected > 0 && proxies.connected === 0)
    return { state: 'failing', reason: `none of ${proxies.expected} ${word(proxies.expected)} is connected` };
  if (errorShare !== null && errorShare >= degraded) return { state: 'degraded', reason: failedText(errorShare) };
  if (missing > 0)
    return {
      state: 'degraded',
      reason: `${missing} of ${proxies.expected} proxies ${missing === 1 ? 'is' : 'are'} not connected`,
    };
  if (requestsPerSecond > 0)
    return { state: 'healthy', reason: `${failedText(errorShare ?? 0)} (${printRate(requestsPerSecond)})` };
  if (connections) return { state: 'healthy', reason: 'it carries connections' };
  if (telemetry === 'starting' || telemetry === 'failed') return { state: 'unknown', reason: 'nothing is counted yet' };
  return { state: 'idle', reason: `no requests in the last ${rangeSeconds} s` };
}

function failedText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} % of requests failed`;
}

function printRate(rate: number): string {
  return `${Number(rate.toPrecision(3))} requests a second`;
}

function word(count: number): string {
  return count === 1 ? 'proxy' : 'proxies';
}
