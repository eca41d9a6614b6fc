import { OutriggerError } from '../errors.ts';
import type { KubeConnection } from '../source/kubernetes/connection.ts';
import { exchange } from './exchange.ts';
import { isRunning, listPods, nameOf } from './pods.ts';
import type { PodPorts } from './port-forward.ts';
import { wordsOf } from './proxy-admin.ts';

/** One replica's answer, or why there is none. */
export type ReplicaAnswer =
  | { readonly replica: string; readonly text: string }
  | { readonly replica: string; readonly problem: string };

export interface ControlPlaneReports {
  /** A GET to each replica. Throws OR2535 where none could even be tried. */
  get(path: string): Promise<readonly ReplicaAnswer[]>;
}

export interface ControlPlanePlace {
  readonly connection: KubeConnection;
  readonly ports: PodPorts;
  readonly namespace: string;
  readonly port: number;
}

/** By a forwarded port of each of its pods: the report is for whoever may do that. */
export function forwardedControlPlane({ connection, ports, namespace, port }: ControlPlanePlace): ControlPlaneReports {
  return {
    get: async (path) => {
      const pods = (await listPods(connection, namespace, 'app=outrigger')).filter(isRunning);
      if (pods.length === 0) throw new OutriggerError('OR2535', `no pod app=outrigger runs in ${namespace}`);
      return Promise.all(
        pods.map(nameOf).map(({ name }) => {
          const open = () => ports.open(namespace, name, port);
          return answered(name, () => exchange({ kind: 'forwarded', tls: true, open }, { method: 'GET', path }));
        }),
      );
    },
  };
}

export function controlPlaneAt(urls: readonly URL[], caPem?: string): ControlPlaneReports {
  const ca = caPem === undefined ? {} : { caPem };
  return {
    get: (path) =>
      Promise.all(
        urls.map((url) => answered(url.host, () => exchange({ kind: 'address', url, ...ca }, { method: 'GET', path }))),
      ),
  };
}

async function answered(replica: string, ask: () => Promise<string>): Promise<ReplicaAnswer> {
  try {
    return { replica, text: await ask() };
  } catch (error) {
    return { replica, problem: wordsOf(error) };
  }
}
