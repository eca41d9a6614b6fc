import { isIP } from 'node:net';
import type { MachineProbeIR } from '../../ir/types/machine-probe.ts';
import type { WorkloadGroup } from '../../schema/kinds.ts';

/**
 * The probe of a group for one of its machines, with the defaults of Kubernetes. The app is asked at the machine's address, as the
 * kubelet asks a pod's; a host that is no address is the Host of the request. Undefined where a stock Envoy cannot ask (`exec`, `grpc`).
 */
export function probeOf({ probe }: WorkloadGroup['spec'], machine: string): MachineProbeIR | undefined {
  const { httpGet, tcpSocket } = probe ?? {};
  const target = httpGet ?? tcpSocket;
  if (probe === undefined || target === undefined) return undefined;
  const host = target.host ?? '';
  const address = isIP(host) === 0 ? machine : host;
  return {
    initialDelayMs: 1000 * (probe.initialDelaySeconds ?? 0),
    timeoutMs: 1000 * (probe.timeoutSeconds || 1),
    periodMs: 1000 * (probe.periodSeconds || 10),
    successes: probe.successThreshold || 1,
    failures: probe.failureThreshold || 3,
    address,
    port: target.port,
    ...(httpGet === undefined ? {} : { http: httpOf(httpGet, host || address) }),
  };
}

type HttpGet = NonNullable<NonNullable<WorkloadGroup['spec']['probe']>['httpGet']>;

function httpOf({ path = '', scheme, httpHeaders = [] }: HttpGet, host: string): MachineProbeIR['http'] {
  const headers = httpHeaders.map(({ name = '', value = '' }) => ({ name, value })).filter(({ name }) => name !== '');
  return { host, path: path.startsWith('/') ? path : `/${path}`, tls: scheme === 'HTTPS', headers };
}
