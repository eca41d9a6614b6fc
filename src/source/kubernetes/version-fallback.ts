import { type ListWatchTransport, TransportFailure } from './list-watch.ts';

/**
 * One kind in the first of its versions that the server has. Each new list asks from the best version on, since the
 * server may have been upgraded; its further pages and its watch stay with the version that was found.
 */
export function firstServed<T>(transports: readonly ListWatchTransport<T>[]): ListWatchTransport<T> {
  const [best, ...others] = transports;
  if (best === undefined) throw new Error('a kind has at least one version');
  if (others.length === 0) return best;
  let served = best;
  return {
    reauthenticate: () => best.reauthenticate(),
    list: async (continueToken, signal) => {
      if (continueToken !== '') return served.list(continueToken, signal);
      let absent: unknown;
      for (const transport of transports) {
        try {
          const page = await transport.list('', signal);
          served = transport;
          return page;
        } catch (error) {
          if (!(error instanceof TransportFailure) || error.failure.kind !== 'absent') throw error;
          absent ??= error;
        }
      }
      throw absent;
    },
    watch: (resourceVersion, onEvent, signal) => served.watch(resourceVersion, onEvent, signal),
  };
}
