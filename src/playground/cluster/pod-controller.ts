import type { SourceObject } from '../../source/object-source.ts';
import { type DesiredPod, desiredPods } from './desired-pods.ts';
import { LivePod, type PodSurroundings } from './live-pod.ts';
import { buildPod } from './pod-object.ts';

export interface PodControllerOptions {
  readonly surroundings: PodSurroundings;
  /** Names of nodes, for pods that name none, in turn. */
  readonly nodes: () => readonly string[];
  readonly now: () => Date;
  readonly onChange: (pod: LivePod) => void;
  readonly onGone: (pod: LivePod) => void;
}

/**
 * Makes the pods that workloads ask for. Another template starts new pods and ends the old ones when all new ones are
 * ready; where the names are the same (a StatefulSet, a bare pod), the old one ends first.
 */
export class PodController {
  readonly #options: PodControllerOptions;
  readonly #live = new Map<string, LivePod>();
  #desired: ReadonlyMap<string, DesiredPod> = new Map();
  #turn = 0;
  #stopped = false;

  constructor(options: PodControllerOptions) {
    this.#options = options;
  }

  get pods(): readonly LivePod[] {
    return [...this.#live.values()];
  }

  /** What workloads ask for now. */
  setWorkloads(workloads: Iterable<SourceObject>): void {
    const desired = [...workloads].flatMap(desiredPods);
    this.#desired = new Map(desired.map((pod) => [keyOf(pod), pod]));
    this.#reconcile();
  }

  stop(): void {
    this.#stopped = true;
    for (const pod of this.#live.values()) pod.abandon();
  }

  #reconcile(): void {
    if (this.#stopped) return;
    for (const [key, wanted] of this.#desired) {
      const live = this.#live.get(key);
      if (live === undefined) this.#start(wanted);
      else if (live.desired.revision !== wanted.revision) this.#end(live);
    }
    for (const [key, live] of this.#live) {
      if (!this.#desired.has(key) && !this.#isHeld(live)) this.#end(live);
    }
  }

  /** The old pods of a workload stay until its new ones are ready. */
  #isHeld(live: LivePod): boolean {
    const { workload, revision } = live.desired;
    const next = [...this.#desired.values()].filter((pod) => pod.workload === workload && pod.revision !== revision);
    return next.some((pod) => this.#live.get(keyOf(pod))?.status.ready !== true);
  }

  #start(desired: DesiredPod): void {
    const { surroundings, nodes, now } = this.#options;
    const names = nodes();
    const nodeName = names[this.#turn++ % Math.max(1, names.length)] ?? '';
    const pod = buildPod(desired, { nodeName, now: now() });
    const live = new LivePod(desired, pod, surroundings, (changed) => {
      if (this.#stopped) return;
      this.#options.onChange(changed);
      if (changed.status.ready) queueMicrotask(() => this.#reconcile());
    });
    this.#live.set(keyOf(desired), live);
    void live.start();
  }

  #end(live: LivePod): void {
    if (live.isTerminating) return;
    void live.terminate().finally(() => {
      if (this.#stopped) return;
      this.#live.delete(keyOf(live.desired));
      this.#options.onGone(live);
      this.#reconcile();
    });
  }
}

function keyOf({ namespace, name }: DesiredPod): string {
  return `${namespace}/${name}`;
}
