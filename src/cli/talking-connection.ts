import { OutriggerError } from '../errors.ts';
import { createConnection, type KubeConnection } from '../source/kubernetes/connection.ts';
import type { Credentials } from '../source/kubernetes/credentials.ts';

/** Milliseconds until somebody who waits at a terminal begins to wonder. */
const longSilence = 3_000;

/** A connection for people: an API server that does not answer is named while they wait, and one that does not know them ends it. */
export function openConnection(credentials: Credentials): KubeConnection {
  return knowing(openPatient(credentials));
}

/** The same, for whoever looks at the status themselves. */
export function openPatient(credentials: Credentials): KubeConnection {
  return talking(createConnection(credentials), (line) => process.stderr.write(`${line}\n`), longSilence);
}

/** Whoever is not known gets the same answer to all that follows: the first one is enough. Throws OR1635. */
function knowing(inner: KubeConnection): KubeConnection {
  return {
    get server() {
      return inner.server;
    },
    stream: (call) => inner.stream(call),
    reload: () => inner.reload(),
    json: async (call) => {
      const answer = await inner.json(call);
      if (answer.status === 401) throw notKnown(inner.server);
      return answer;
    },
  };
}

export function notKnown(server: string): OutriggerError {
  return new OutriggerError('OR1635', `${server} answered 401: the login of the kubeconfig is wrong or has expired`);
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
