import type { FastifyInstance } from 'fastify';

const common = "default-src 'none'; frame-ancestors 'none'";

/** This server has no page: nothing of it is to be framed, sniffed, kept or run. */
export function addSecurityHeaders(app: FastifyInstance): void {
  addHeaders(app, { 'content-security-policy': common, 'strict-transport-security': 'max-age=31536000' });
}

/** Of a server with a page: scripts, styles and data of its own, and nothing inline. */
export function addPageHeaders(app: FastifyInstance): void {
  const own = "script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";
  addHeaders(app, {
    'content-security-policy': `${common}; ${own}; base-uri 'none'; form-action 'none'`,
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
}

function addHeaders(app: FastifyInstance, headers: Readonly<Record<string, string>>): void {
  const all = Object.entries({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', ...headers });
  app.addHook('onRequest', (_request, reply, done) => {
    for (const [name, value] of all) reply.raw.setHeader(name, value);
    done();
  });
}
