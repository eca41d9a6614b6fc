import { isIPv6 } from 'node:net';
import type { JsonObject } from '../../model/json.ts';
import { escapeVariables } from '../../model/kubelet-variables.ts';
import { aliveName, dnsPort } from '../../model/mesh-dns.ts';

/** Where the queries of the pod go, which iptables brings to the proxy. */
export interface DnsInput {
  /** The control plane's host. */
  readonly host: string;
  /** Who answers while the control plane does not: the resolvers of the pod, addresses. */
  readonly nameservers: readonly string[];
}

const name = 'outrigger-dns';
/** Answers of resolvers may be longer than Ethernet's frames. */
const mostBytes = 9000;

/**
 * Queries go to the control plane as long as it answers a query itself, and to the pod's own resolvers while it does
 * not: an open port is not enough, since the kernel accepts connections of a process that is frozen.
 */
export function buildDnsCluster({ host, nameservers }: DnsInput): JsonObject {
  const interval = '5s';
  return {
    name,
    type: 'STRICT_DNS',
    dns_lookup_family: 'ALL',
    wait_for_warm_on_init: false,
    connect_timeout: '2s',
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { priority: 0, lb_endpoints: [{ endpoint: { address: socket(escapeVariables(host), dnsPort) } }] },
        { priority: 1, lb_endpoints: nameservers.map(unchecked) },
      ],
    },
    health_checks: [
      {
        timeout: '1s',
        interval,
        no_traffic_interval: interval,
        no_traffic_healthy_interval: interval,
        unhealthy_interval: interval,
        unhealthy_edge_interval: interval,
        healthy_edge_interval: interval,
        initial_jitter: '1s',
        interval_jitter: '1s',
        unhealthy_threshold: 1,
        healthy_threshold: 1,
        tcp_health_check: { send: { text: aliveQuery.toString('hex') }, receive: [{ text: aliveAnswer }] },
      },
    ],
  };
}

/** On loopback alone, where REDIRECT leads; of the families in which the pod asks. */
export function buildDnsListeners({ nameservers }: DnsInput): JsonObject[] {
  const addresses = new Set(nameservers.map((address) => (isIPv6(address) ? '::1' : '127.0.0.1')));
  return [...addresses].flatMap((address): JsonObject[] => [
    {
      name: `dns_udp_${address}`,
      address: { socket_address: { ...socket(address, dnsPort).socket_address, protocol: 'UDP' } },
      listener_filters: [udpProxy],
    },
    { name: `dns_tcp_${address}`, address: socket(address, dnsPort), filter_chains: [{ filters: [tcpProxy] }] },
  ]);
}

const udpProxy: JsonObject = {
  name: 'envoy.filters.udp_listener.udp_proxy',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig',
    stat_prefix: name,
    idle_timeout: '10s',
    // A resolver asks again from the same port: the second time it has to come to who answers.
    use_per_packet_load_balancing: true,
    upstream_socket_config: { max_rx_datagram_size: mostBytes },
    matcher: {
      on_no_match: {
        action: {
          name: 'route',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.udp.udp_proxy.v3.Route',
            cluster: name,
          },
        },
      },
    },
  },
};

const tcpProxy: JsonObject = {
  name: 'envoy.filters.network.tcp_proxy',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
    stat_prefix: name,
    cluster: name,
    idle_timeout: '30s',
  },
};

function unchecked(address: string): JsonObject {
  return { endpoint: { address: socket(address, 53), health_check_config: { disable_active_health_check: true } } };
}

function socket(address: string, port: number): { socket_address: JsonObject } {
  return { socket_address: { address, port_value: port } };
}

const aliveId = '4f52';
/** An answer, authoritative and without an error, to a query of that number. */
const aliveAnswer = `${aliveId}8580`;
/** With the length that stands before each message of TCP. */
const aliveQuery = framed(
  Buffer.concat([
    Buffer.from(`${aliveId}01000001000000000000`, 'hex'),
    ...aliveName.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from('0000010001', 'hex'),
  ]),
);

function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
}
