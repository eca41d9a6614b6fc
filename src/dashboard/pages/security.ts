import { indexPeerAuthentications } from '../../policy/peer-authentication/mode.ts';
import type { SecurityPage } from '../api-types.ts';
import { pageRange, type World } from './world.ts';

/** Calls with their locks, and which namespaces could be STRICT by what was seen in the last minute. */
export function securityPage({ mesh, settings, graphs }: World): SecurityPage {
  const snapshot = mesh.snapshot();
  const { nodes, edges } = graphs.graph(pageRange);
  const modes = indexPeerAuthentications(snapshot.peerAuthentications, settings().rootNamespaces);
  const places = new Map(nodes.map((node) => [node.id, node]));
  const meshed = [...snapshot.workloads.values()].filter((workload) => workload.meshed);
  const namespaces = [...new Set(meshed.map(({ namespace }) => namespace))].sort();
  const plain = edges.filter(({ mtls: { share } }) => share !== null && share < 1);
  return {
    calls: edges.map(({ source, target, mtls, signals: { requestsPerSecond } }) => ({
      source,
      target,
      mtls,
      requestsPerSecond,
    })),
    namespaces: namespaces.map((namespace) => {
      const mode = modes.forNamespace(namespace).toUpperCase();
      const blockedBy = plain
        .filter(({ target }) => places.get(target)?.namespace === namespace)
        .map(({ source, target, mtls }) => {
          const caller = places.get(source);
          const of = `${Math.round((1 - (mtls.share ?? 0)) * 100)} % of its calls of ${places.get(target)?.name ?? target}`;
          const unknown = caller?.kind === 'unknown';
          return {
            workload: unknown ? 'callers without a proxy' : `${caller?.namespace ?? ''}/${caller?.name ?? source}`,
            reason: `${of} come in plaintext${unknown ? ', as they have no certificate of the mesh' : ''}`,
            ...(mtls.because === undefined || unknown ? {} : { because: mtls.because }),
          };
        });
      return { namespace, mode, ready: blockedBy.length === 0, blockedBy };
    }),
  };
}
