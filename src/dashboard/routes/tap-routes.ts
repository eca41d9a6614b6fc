import type { FastifyPluginCallback } from 'fastify';
import { OutriggerError } from '../../errors.ts';
import type { Taps } from '../../observe/taps.ts';
import type { AskedRight, UserAccess } from '../../source/kubernetes/user-access.ts';
import type { EventStream } from '../event-stream.ts';
import type { MeshView } from '../mesh-view.ts';
import { OtherReplicas, type OtherReplicasOptions } from '../other-replicas.ts';
import { asksAll, readTap, type TapParameters } from '../tap-query.ts';
import { streamTap } from '../tap-stream.ts';
import type { Visitor } from '../visitor.ts';

/** Of the namespace of the workload. There are no such objects: it is a name for a right, as `pods/exec` is. */
const toTap = (namespace: string): AskedRight => ({
  ...{ verb: 'create', group: 'outrigger.io', resource: 'taps' },
  namespace,
});

export interface TapRouteParts {
  readonly taps: Taps;
  readonly mesh: MeshView;
  readonly users: UserAccess | undefined;
  /** Whoever else serves proxies, and how it is asked. */
  readonly replicas: Pick<OtherReplicasOptions, 'list' | 'ask' | 'after'>;
}

/** `GET /api/tap?namespace=default&name=reviews-v1&replicas=all`: requests as they happen, for as long as the answer is read. */
export function tapRoutes({ taps, mesh, users, replicas }: TapRouteParts): FastifyPluginCallback {
  return (app, _, done) => {
    const open = new Set<EventStream>();
    app.get<{ Querystring: TapParameters }>('/api/tap', async ({ query, visitor }, reply) => {
      const request = readTap(query);
      const others = asksAll(query)
        ? new OtherReplicas({ ...replicas, asked: query, take: (lines) => taps.take(request.id, lines) })
        : undefined;
      const mayTap = () => checkRight(users, visitor, request.target.namespace);
      await mayTap();
      const renew = () => visitor.renew().then(mayTap);
      const events = streamTap({ taps, mesh, reply, visitor: { renew }, others }, request);
      if (events === undefined) return;
      open.add(events);
      reply.raw.once('close', () => open.delete(events));
    });
    app.addHook('preClose', (closed) => {
      for (const events of open) events.close();
      closed();
    });
    done();
  };
}

/**
 * Paths tell more than who calls whom: reading the dashboard is not enough. Whoever has come by a forwarded port of the control plane's
 * own pod has shown a greater right to the API server. Throws OR4032, OR4033.
 */
async function checkRight(users: UserAccess | undefined, visitor: Visitor, namespace: string): Promise<void> {
  const { name, token, isHere } = visitor;
  if (token === undefined) {
    if (isHere) return;
    throw new OutriggerError('OR4032', 'a tap needs a token, of which it can be asked what it may');
  }
  if (users === undefined || !(await users.allowed(token, toTap(namespace))))
    throw new OutriggerError('OR4033', `${name} may not create taps.outrigger.io of ${namespace}`);
}
