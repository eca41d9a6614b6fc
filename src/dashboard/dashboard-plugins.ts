import type { FastifyPluginCallback } from 'fastify';
import type { LocalLog } from '../model/log-tail.ts';
import type { CallCounts } from '../observe/call-counts.ts';
import type { UserAccess } from '../source/kubernetes/user-access.ts';
import type { DashboardState } from './api-types.ts';
import { GraphStreams } from './graph-streams.ts';
import type { Graphs } from './graphs.ts';
import { pagePlugin } from './page-files.ts';
import type { World } from './pages/world.ts';
import { graphRoutes } from './routes/graph-routes.ts';
import { logRoutes } from './routes/log-routes.ts';
import { pageRoutes } from './routes/page-routes.ts';
import { stateRoute } from './routes/state-route.ts';
import { type TapRouteParts, tapRoutes } from './routes/tap-routes.ts';
import { checkSameOrigin } from './same-origin.ts';
import type { Recognize } from './visitor.ts';

export interface DashboardOptions {
  readonly graphs: Graphs;
  readonly counts: CallCounts;
  readonly state: (user: DashboardState['user']) => DashboardState;
  readonly mostStreams: number;
  readonly recognize: Recognize;
  /** Undefined where there is no mesh: then there are no pages but the graph. */
  readonly world: World | undefined;
  /** Who looks at requests. */
  readonly tapping: Pick<TapRouteParts, 'taps' | 'replicas'> | undefined;
  /** Acts for users; undefined where there is no API server. */
  readonly users: UserAccess | undefined;
  /** Of pods that are on this machine; undefined elsewhere. */
  readonly localLog: LocalLog | undefined;
  /** The dry run of injection. */
  readonly injectionPreview: FastifyPluginCallback;
  /** Of the page as it was built. */
  readonly pageFolder: string;
}

/** All that the port of the dashboard serves beside metrics, in order. */
export function dashboardPlugins(options: DashboardOptions): readonly FastifyPluginCallback[] {
  return [api(options), pagePlugin(options.pageFolder)];
}

/** Below `/api/` everybody is somebody. */
function api({
  graphs,
  counts,
  state,
  mostStreams,
  recognize,
  world,
  tapping,
  users,
  localLog,
  injectionPreview,
}: DashboardOptions): FastifyPluginCallback {
  return (app, _, done) => {
    const streams = new GraphStreams(graphs, counts, mostStreams);
    app.decorateRequest('visitor');
    app.addHook('onRequest', async (request) => {
      checkSameOrigin(request);
      request.visitor = await recognize(request);
    });
    app.register(stateRoute(state));
    app.register(graphRoutes(graphs, counts, streams));
    app.addContentTypeParser('application/yaml', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));
    if (world !== undefined) app.register(pageRoutes(world, users));
    if (world !== undefined && tapping !== undefined) app.register(tapRoutes({ mesh: world.mesh, users, ...tapping }));
    if (world !== undefined) app.register(logRoutes({ mesh: world.mesh, users, localLog }));
    app.register(injectionPreview);
    done();
  };
}
