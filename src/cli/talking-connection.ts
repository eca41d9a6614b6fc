import { createConnection, type KubeConnection } from '../source/kubernetes/connection.ts';
import type { Credentials } from '../source/kubernetes/credentials.ts';

/** Milliseconds until somebody who waits at a terminal begins to wonder. */
const longSilence = 3_000;

/** A connection for people: an API server that does not answer is named while they wait. */
export function openConnection(credentials: Credentials): KubeConnection {
  return talking(createConnection(credentials), (line) => process.stderr.write(`${line}\n`), longSilence);
}

/** Says so once. */
export function talking(inner: KubeConnection, say: (line: string) => void, afterMs: number): KubeConnection {
  let isTold = false;
  return {
    get server() {
      return inner.server;
    },
    stream: (call) => inner.stream(call),
    reload: () => inner.reload(),
    json: async (call) => {
      const timer = setTimeout(() => {
        if (isTold) return;
        isTold = true;
        say(`… the API server at ${inner.server} does not answer yet (${call.method} ${call.path})`);
      }, afterMs);
      try {
        return await inner.json(call);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
