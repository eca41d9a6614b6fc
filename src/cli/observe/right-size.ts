/** What a workload's proxies use: bytes and cores of the one with the most; undefined where nobody tells. */
export interface ProxiesUse {
  readonly memory: number | undefined;
  readonly cpu: number | undefined;
}

const step = 16 * 1024 * 1024;
const leastMemory = 32 * 1024 * 1024;

/**
 * Requests a quarter above what was used at most, limits of memory twice that; no limit of CPU, which would only slow requests down.
 * https://istio.io/latest/docs/reference/config/annotations/
 */
export function rightSize({ memory, cpu }: ProxiesUse): Record<string, string> {
  const sized: Record<string, string> = {};
  if (memory !== undefined) {
    const request = Math.max(leastMemory, Math.ceil((memory * 1.25) / step) * step);
    sized['sidecar.istio.io/proxyMemory'] = mebibytes(request);
    sized['sidecar.istio.io/proxyMemoryLimit'] = mebibytes(2 * request);
  }
  if (cpu !== undefined) sized['sidecar.istio.io/proxyCPU'] = `${Math.max(10, Math.ceil(cpu * 125) * 10)}m`;
  return sized;
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)}Mi`;
}
