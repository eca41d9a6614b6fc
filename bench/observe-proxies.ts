import { createServer } from 'node:http';
import { encodeFamily } from '../test/observe/families.ts';

export const services = 500;
const bounds = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 1e4, 3e4, 6e4, 3e5, 6e5, 18e5, 36e5];

const party = (side: string, at: number) => ({
  ...{ [`${side}_workload`]: `service-${at}-v1`, [`${side}_workload_namespace`]: 'shop' },
  ...{ [`${side}_app`]: `service-${at}`, [`${side}_version`]: 'v1' },
  ...{ [`${side}_canonical_service`]: `service-${at}`, [`${side}_canonical_revision`]: 'v1' },
  ...{ [`${side}_cluster`]: 'Kubernetes', [`${side}_principal`]: `spiffe://cluster.local/ns/shop/sa/service-${at}` },
});

/** What a proxy answers in which so many edges have counted, each call some milliseconds long. */
export function metricsOf(proxy: number, of: number, round: number): Buffer {
  const edges = Array.from({ length: of }, (_, edge) => {
    const reporter = edge % 2 === 0 ? 'source' : 'destination';
    const [source = 0, target = 0] = edge % 2 === 0 ? [proxy, proxy * 3 + edge] : [proxy * 5 + edge, proxy];
    return {
      ...{ reporter, ...party('source', source % services), ...party('destination', target % services) },
      destination_service: `service-${target % services}.shop.svc.cluster.local`,
      ...{ connection_security_policy: 'mutual_tls', request_protocol: 'http', response_code: '200' },
      ...{ response_flags: '-', grpc_response_status: '' },
    };
  });
  const buckets = bounds.map((edge, index) => [edge, Math.min(index, 8) * 12 * round] as const);
  const counted = edges.map((labels) => ({ labels, value: round * 100 }));
  const durations = edges.map((labels) => ({ labels, buckets, all: 96 * round }));
  return Buffer.concat([
    encodeFamily('istio_requests_total', 'counter', counted),
    encodeFamily('istio_request_duration_milliseconds', 'histogram', durations),
  ]);
}

/** The other end of the bench, a process of its own: what 100 proxies answer, each in its turn, lies ready. */
if (process.argv[2] === 'serve-proxies') {
  const [proxies, edges] = [100, 10];
  const bodies = [1, 2].map((round) => Array.from({ length: proxies }, (_, proxy) => metricsOf(proxy, edges, round)));
  let count = 0;
  const server = createServer((_, response) => {
    response.end(bodies[Math.floor(count / proxies) % 2]?.[count % proxies]);
    count += 1;
  });
  server.listen(15_090, '127.0.0.77', () => process.send?.('ready'));
}
