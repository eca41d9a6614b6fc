import type { AskReplica, Replica } from '../../dashboard/other-replicas.ts';
import type { WorkloadCa } from '../../identity/workload/workload-ca.ts';
import { spiffeId, type Workload } from '../../model/workload.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import type { Clock } from '../../wire/clock.ts';
import { callPeer, type PeerCall } from '../../wire/peers/peer-call.ts';

/** Where this replica runs. */
export interface ReplicaPlace {
  /** Of the control plane. */
  readonly namespace: string;
  /** Of its pod; in no cluster any name. */
  readonly name: string;
}

export interface ReplicasOptions {
  readonly place: ReplicaPlace;
  readonly trustDomain: string;
  readonly snapshot: () => Snapshot;
  readonly authority: Pick<WorkloadCa, 'issue' | 'rootsPem'>;
  /** Of the port for proxies, which is the same at each. */
  readonly port: () => number;
  readonly clock: Clock;
}

/**
 * The replicas of the control plane, as its pods tell: of every revision, for each serves some of the proxies. They know each other
 * by certificates of the mesh for the service accounts of these pods (docs/decisions/0345).
 */
export class Replicas {
  readonly #options: ReplicasOptions;

  constructor(options: ReplicasOptions) {
    this.#options = options;
  }

  /** All but this one; none where this one is no pod, and so could prove nothing. */
  readonly list = (): readonly Replica[] => {
    const { name: own } = this.#options.place;
    if (this.#own() === undefined) return [];
    return this.#pods().flatMap(({ name, ips: [address] }) =>
      name === own || address === undefined ? [] : [{ name, address }],
    );
  };

  readonly isPeer = (id: string): boolean => id !== '' && this.#pods().some((pod) => this.#idOf(pod) === id);

  /** By a certificate that is made for this question. */
  readonly asking =
    (method: string): AskReplica =>
    ({ address }, asked, listener) => {
      const { authority, port, clock, place } = this.#options;
      const own = this.#own();
      let call: PeerCall | undefined;
      let closed = false;
      const open = async () => {
        if (own === undefined) throw new Error('this replica is no pod of the control plane');
        const { certificateChainPem: cert, privateKeyPem: key } = await authority.issue(this.#idOf(own));
        const credentials = { cert, key, ca: authority.rootsPem };
        const serverName = servingName(place.namespace);
        if (!closed)
          call = callPeer({ method, address, port: port(), serverName, credentials, asked, clock }, listener);
      };
      open().catch((error: unknown) => listener.ended(error instanceof Error ? error.message : String(error)));
      return () => {
        closed = true;
        call?.close();
      };
    };

  #own(): Workload | undefined {
    const { namespace, name } = this.#options.place;
    return this.#pods().find((pod) => pod.namespace === namespace && pod.name === name);
  }

  #pods(): Workload[] {
    const { place, snapshot } = this.#options;
    return [...snapshot().workloads.values()].filter(
      ({ namespace, labels }) => namespace === place.namespace && labels['app'] === 'outrigger',
    );
  }

  #idOf({ namespace, serviceAccount }: Workload): string {
    return spiffeId(this.#options.trustDomain, namespace, serviceAccount);
  }
}

/** In the certificate of each replica. */
export const servingName = (namespace: string): string => `outrigger.${namespace}.svc`;
