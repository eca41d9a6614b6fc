import type { OutriggerError } from '../../errors.ts';
import type { KubeConnection } from './connection.ts';
import type { Leadership } from './leadership.ts';
import { StatusWriter, type WantedStatus } from './status-writer.ts';

export interface StatusKeeperOptions {
  readonly connection: KubeConnection;
  /** Of all replicas and revisions of the control plane there is one that writes. */
  readonly leadership: Leadership;
  readonly onProblem: (error: OutriggerError) => void;
}

/** The statuses of resources, written by the one replica that leads. */
export class StatusKeeper {
  readonly #leadership: Leadership;
  readonly #writer: StatusWriter;

  constructor({ connection, leadership, onProblem }: StatusKeeperOptions) {
    this.#leadership = leadership;
    this.#writer = new StatusWriter({ connection, leads: () => leadership.leads, onProblem });
    leadership.onLead(() => this.#writer.kick());
  }

  start(signal: AbortSignal): void {
    signal.addEventListener('abort', () => this.#writer.stop(), { once: true });
    this.#leadership.start(signal);
  }

  want(statuses: readonly WantedStatus[]): void {
    this.#writer.want(statuses);
    if (statuses.length > 0) this.#leadership.need();
  }
}
