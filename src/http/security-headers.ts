import type { FastifyInstance } from 'fastify';

/** This server has no page: nothing of it is to be framed, sniffed, kept or run. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.raw.setHeader('x-content-type-options', 'nosniff');
    reply.raw.setHeader('cache-control', 'no-store');
    reply.raw.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    reply.raw.setHeader('strict-transport-security', 'max-age=31536000');
    done();
  });
}
