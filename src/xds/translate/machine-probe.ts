import { isIP } from 'node:net';
import type { MachineProbeIR } from '../../ir/types/machine-probe.ts';
import type { Message } from '../resource.ts';
import { any, duration } from './common.ts';

/** So often a proxy tells, whether something changed or not. */
const reportMs = 1000;

/**
 * What a proxy is told by HDS to look at: envoy.service.health.v3.HealthCheckSpecifier. It asks from the address that captures leave
 * alone; a TLS certificate is not looked at, as by the kubelet.
 */
export function translateMachineProbe(probe: MachineProbeIR): Message {
  const { address, port, http, timeoutMs, periodMs } = probe;
  const bind = isIP(address) === 6 ? '::6' : '127.0.0.6';
  const period = duration(periodMs);
  const check = {
    ...{ timeout: duration(timeoutMs), interval: period, no_traffic_interval: period },
    ...{ unhealthy_threshold: probe.failures, healthy_threshold: probe.successes },
    ...(http === undefined ? { tcp_health_check: {} } : { http_health_check: httpCheck(http) }),
    ...(http?.tls === true ? { transport_socket_match_criteria: { tls: 'yes' } } : {}),
  };
  const endpoint = { address: { socket_address: { address, port_value: port } } };
  return {
    interval: duration(reportMs),
    cluster_health_checks: [
      {
        cluster_name: 'app',
        health_checks: [check],
        locality_endpoints: [{ endpoints: [endpoint] }],
        upstream_bind_config: { source_address: { address: bind, port_value: 0 } },
        ...(http?.tls === true ? { transport_socket_matches: [tls] } : {}),
      },
    ],
  };
}

/** As the kubelet: 200 to 399 is well, and anything else counts as one failure. */
function httpCheck({ host, path, headers }: NonNullable<MachineProbeIR['http']>): Message {
  return {
    ...{
      host,
      path,
      expected_statuses: [{ start: '200', end: '400' }],
      retriable_statuses: [{ start: '400', end: '600' }],
    },
    request_headers_to_add: headers.map((header) => ({ header: { key: header.name, value: header.value } })),
  };
}

const tls = {
  ...{ name: 'tls', match: { tls: 'yes' } },
  transport_socket: {
    name: 'envoy.transport_sockets.tls',
    typed_config: any('extensions.transport_sockets.tls.v3.UpstreamTlsContext', {}),
  },
};
