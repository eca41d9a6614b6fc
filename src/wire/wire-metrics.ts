import type { XdsType } from '../xds/resource.ts';

/** What is counted. The composition makes Prometheus' series of it. */
export interface WireMetrics {
  /** Open streams went up or down by one. */
  streams(change: 1 | -1, protocol: 'delta' | 'sotw'): void;
  /** A stream was refused or ended by us, by code of the catalogue. */
  ended(code: string): void;
  request(type: XdsType): void;
  /** A response was written. */
  response(type: XdsType, resources: number, bytes: number): void;
  rejection(type: XdsType): void;
  /** From a change to the turn of the proxy, in milliseconds. */
  queued(ms: number): void;
  /** What one turn of a proxy took, in milliseconds. */
  pushed(ms: number): void;
  /** From a change to the proxy's last acknowledgement of it, in milliseconds. */
  converged(ms: number): void;
}

const nothing = (): void => undefined;

export const noMetrics: WireMetrics = {
  streams: nothing,
  ended: nothing,
  request: nothing,
  response: nothing,
  rejection: nothing,
  queued: nothing,
  pushed: nothing,
  converged: nothing,
};
