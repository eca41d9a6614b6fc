import type { FastifyPluginCallback } from 'fastify';
import type { CallCounts } from '../../observe/call-counts.ts';
import type { GraphStreams } from '../graph-streams.ts';
import type { Graphs } from '../graphs.ts';
import { readRange } from '../queries.ts';

/** Milliseconds that the first who asks waits for something to be counted. */
const firstTickMs = 4000;

/** `/api/graph?range=60` once, and `/api/graph/stream?range=60` for as long as the page is open. */
export function graphRoutes(graphs: Graphs, counts: CallCounts, streams: GraphStreams): FastifyPluginCallback {
  return (app, _, done) => {
    app.get<{ Querystring: { range?: unknown } }>('/api/graph', async ({ query }) => {
      const range = readRange(query.range);
      const unwatch = counts.watch();
      try {
        await counts.ready(range * 1000, firstTickMs);
        return graphs.graph(range);
      } finally {
        unwatch();
      }
    });
    app.get<{ Querystring: { range?: unknown } }>('/api/graph/stream', (request, reply) => {
      streams.add(reply, request.visitor, readRange(request.query.range));
    });
    app.addHook('preClose', (closed) => {
      streams.close();
      closed();
    });
    done();
  };
}
