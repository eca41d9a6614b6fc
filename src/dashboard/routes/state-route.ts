import type { FastifyPluginCallback } from 'fastify';
import type { DashboardState } from '../api-types.ts';

/** `/api/state`: where one is, as whom, and how well the page is informed. */
export function stateRoute(state: (user: DashboardState['user']) => DashboardState): FastifyPluginCallback {
  return (app, _, done) => {
    app.get('/api/state', ({ visitor }) => state({ name: visitor.name, mayWrite: visitor.token !== undefined }));
    done();
  };
}
