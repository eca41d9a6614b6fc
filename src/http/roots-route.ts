import type { FastifyPluginCallback } from 'fastify';
import type { RootReport } from '../identity/rotation/root-report.ts';

/** `/mesh/roots`: what this replica trusts and signs with, and how far its proxies have followed. No secrets. */
export function rootsPlugin(report: () => Promise<RootReport>): FastifyPluginCallback {
  return (app, _, done) => {
    app.get('/mesh/roots', () => report());
    done();
  };
}
