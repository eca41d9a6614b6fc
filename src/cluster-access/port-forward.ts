import { Duplex, PassThrough } from 'node:stream';
import { OutriggerError } from '../errors.ts';
import { type CredentialsOptions, kubeConfig } from '../source/kubernetes/credentials.ts';

/** Ports of pods, by way of the API server and the kubelet. */
export interface PodPorts {
  /** One connection to a port of the pod's loopback. Throws OR2532. */
  open(namespace: string, pod: string, port: number): Promise<Duplex>;
}

/** As `kubectl port-forward`: needs the right to create `pods/portforward`. */
export function podPorts(options: CredentialsOptions): PodPorts {
  return {
    open: async (namespace, pod, port) => {
      const [config, { PortForward }] = await Promise.all([kubeConfig(options), import('@kubernetes/client-node')]);
      const fromPod = new PassThrough();
      const toPod = new PassThrough();
      const faults = new PassThrough();
      const way = Duplex.from({ readable: fromPod, writable: toPod });
      faults.once('data', (text: Buffer) => way.destroy(refused(namespace, pod, port, String(text))));
      // What goes wrong is told to whoever uses the way; nobody does any more once it is closed.
      way.on('error', () => undefined);
      try {
        const socket = await new PortForward(config).portForward(namespace, pod, [port], fromPod, faults, toPod);
        if (typeof socket === 'function') return way;
        socket.onclose = () => void fromPod.end();
        socket.onerror = ({ message }: { readonly message: string }) =>
          void way.destroy(refused(namespace, pod, port, message));
        way.once('close', () => socket.close());
        return way;
      } catch (cause) {
        way.destroy();
        throw refused(namespace, pod, port, messageOf(cause), cause);
      }
    },
  };
}

function refused(namespace: string, pod: string, port: number, why: string, cause?: unknown): OutriggerError {
  return new OutriggerError('OR2532', `port ${port} of ${namespace}/${pod}: ${why.trim()}`, { cause });
}

/** An ErrorEvent of a WebSocket is no Error: "Unexpected server response: 403" is its message. */
function messageOf(cause: unknown): string {
  const message = typeof cause === 'object' && cause !== null && 'message' in cause ? String(cause.message) : '';
  if (/\b403\b/.test(message)) return 'forbidden: the right to create pods/portforward is missing';
  if (/\b404\b/.test(message)) return 'there is no such pod';
  return message === '' ? String(cause) : message;
}
