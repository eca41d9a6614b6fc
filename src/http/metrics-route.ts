import type { FastifyPluginCallback } from 'fastify';
import type { Metrics } from '../telemetry/metrics.ts';

/** `/metrics` in the text format of Prometheus. */
export function metricsPlugin(metrics: Metrics): FastifyPluginCallback {
  return (app, _, done) => {
    app.get('/metrics', async (_request, reply) => {
      reply.header('content-type', metrics.registry.contentType);
      return metrics.registry.metrics();
    });
    done();
  };
}
