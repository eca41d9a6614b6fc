import { Agent, type IncomingMessage, request } from 'node:http';
import type { ScrapeTarget } from '../observe/scraper.ts';

const metricsPort = 15_090;
/** Of one answer: some 2,000 edges. */
const mostBytes = 24 * 1024 * 1024;

/**
 * Envoy looks for it in the whole name of a series. Histograms of bytes are left out, which would be two thirds of the answer.
 * https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--stats-prometheus
 */
const filter =
  'istio.*(requests_total|request_duration|tcp_)|cluster.xds.upstream_rq_active|server.memory_allocated|outlier_detection.ejections_active|server.stats_overflow';
const path = `/stats/prometheus?usedonly&filter=${encodeURIComponent(filter)}`;

/** In text each bucket of a histogram repeats all labels: seventeen times the bytes. Envoy 1.40 has both, others may not. */
const headers = {
  accept: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;q=0.5',
};

/** Connections are kept from one tick to the next. */
export class ProxyScrapes {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 1024, timeout: 30_000 });

  /** Rejects with what is wrong in words. */
  readonly fetch = async ({ address }: ScrapeTarget, signal: AbortSignal): Promise<Buffer> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { host: address, port: metricsPort, path, headers, agent: this.#agent, signal };
      request(options, resolve).once('error', reject).end();
    });
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of response as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > mostBytes) throw new Error(`the answer has more than ${mostBytes / 1024 / 1024} MB`);
      parts.push(part);
    }
    if (response.statusCode !== 200) throw new Error(`port ${metricsPort} answers ${response.statusCode}`);
    return Buffer.concat(parts, size);
  };

  close(): void {
    this.#agent.destroy();
  }
}
