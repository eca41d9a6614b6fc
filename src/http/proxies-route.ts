import type { FastifyPluginCallback } from 'fastify';
import { OutriggerError } from '../errors.ts';
import type { ProxyReport } from '../model/proxy-report.ts';

const loopback = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;

/**
 * `/mesh/proxies`: what each proxy was sent and what it made of it; `?proxy=<namespace>/<pod>`: that one, with its
 * resources. It names the workloads of every namespace, so whoever asks has to come by this machine's loopback: in a
 * cluster that is a port-forward, for which the API server asks for the right (docs/decisions/0185).
 */
export function proxiesPlugin(report: (proxy: string | undefined) => ProxyReport): FastifyPluginCallback {
  return (app, _, done) => {
    app.get<{ Querystring: { proxy?: string | string[] } }>('/mesh/proxies', (request) => {
      const from = request.socket.remoteAddress ?? '';
      if (!loopback.test(from)) throw new OutriggerError('OR2530', `the request came from ${from}`);
      const { proxy } = request.query;
      return report(Array.isArray(proxy) ? proxy[0] : proxy);
    });
    done();
  };
}
