import { Agent, type IncomingMessage, request } from 'node:http';
import type { Asked, ScrapeTarget } from '../observe/scraper.ts';

const metricsPort = 15_090;
/** Of one answer: some 2,000 edges. */
const mostBytes = 24 * 1024 * 1024;

/**
 * Envoy looks for it in the whole name of a series. Histograms of bytes are left out, which would be two thirds of the answer.
 * https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--stats-prometheus
 */
const filters: Readonly<Record<Asked, string>> = {
  counts:
    'istio.*(requests_total|tcp_)|cluster.xds.upstream_rq_active|server.memory_allocated|outlier_detection.ejections_active',
  durations: 'istio.*request_duration',
};

const pathOf = (what: Asked) => `/stats/prometheus?usedonly&filter=${encodeURIComponent(filters[what])}`;
const paths = { counts: pathOf('counts'), durations: pathOf('durations') };

/** Connections are kept from one tick to the next. */
export class ProxyScrapes {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 1024, timeout: 30_000 });

  /** Rejects with what is wrong in words. */
  readonly fetch = async ({ address }: ScrapeTarget, signal: AbortSignal, what: Asked): Promise<Buffer> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { host: address, port: metricsPort, path: paths[what], agent: this.#agent, signal };
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
