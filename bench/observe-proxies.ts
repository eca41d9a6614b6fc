import { createServer } from 'node:http';
import type { Asked } from '../src/observe/scraper.ts';

export const services = 500;
const bounds = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 1e4, 3e4, 6e4, 3e5, 6e5, 18e5, 36e5, '+Inf'];

const party = (side: string, at: number) =>
  `${side}_workload="service-${at}-v1",${side}_workload_namespace="shop",${side}_app="service-${at}",${side}_version="v1",` +
  `${side}_canonical_service="service-${at}",${side}_canonical_revision="v1",${side}_cluster="Kubernetes",${side}_principal="spiffe://cluster.local/ns/shop/sa/service-${at}"`;

/** What a proxy answers in which so many edges have counted, each call some milliseconds long. */
export function metricsOf(proxy: number, of: number, round: number, what: Asked): string {
  const lines: string[] = [];
  for (let edge = 0; edge < of; edge += 1) {
    const reporter = edge % 2 === 0 ? 'source' : 'destination';
    const [source, target] = edge % 2 === 0 ? [proxy, proxy * 3 + edge] : [proxy * 5 + edge, proxy];
    const labels =
      `reporter="${reporter}",${party('source', source % services)},${party('destination', target % services)},` +
      `destination_service="service-${target % services}.shop.svc.cluster.local",connection_security_policy="mutual_tls",` +
      'request_protocol="http",response_code="200",response_flags="-",grpc_response_status=""';
    if (what === 'counts') lines.push(`istio_requests_total{${labels}} ${round * 100}`);
    else
      for (const [index, le] of bounds.entries())
        lines.push(
          `istio_request_duration_milliseconds_bucket{${labels},le="${le}"} ${Math.min(index, 8) * 12 * round}`,
        );
  }
  return `${lines.join('\n')}\n`;
}

/** The other end of the bench, a process of its own: what 100 proxies answer, each in its turn, lies ready. */
if (process.argv[2] === 'serve-proxies') {
  const [proxies, edges] = [100, 10];
  const made = (what: Asked) => ({
    count: 0,
    bodies: [1, 2].map((round) =>
      Array.from({ length: proxies }, (_, proxy) => Buffer.from(metricsOf(proxy, edges, round, what))),
    ),
  });
  const answers = { counts: made('counts'), durations: made('durations') };
  const server = createServer(({ url = '' }, response) => {
    const answer = answers[url.includes('duration') ? 'durations' : 'counts'];
    response.end(answer.bodies[Math.floor(answer.count / proxies) % 2]?.[answer.count % proxies]);
    answer.count += 1;
  });
  server.listen(15_090, '127.0.0.77', () => process.send?.('ready'));
}
