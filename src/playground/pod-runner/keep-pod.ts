import type { Container, Pod, Probe } from '../../model/pod.ts';
import type { RunningContainer } from './container.ts';
import { type ProbeKind, type RunningPod, runPod } from './run-pod.ts';
import type { PodSandbox } from './sandbox.ts';

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restarts: number;
}

export interface PodStatus {
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly ready: boolean;
  /** Why it is not running; '' when there is nothing to say. */
  readonly message: string;
  readonly containers: readonly ContainerStatus[];
}

export interface KeptPod {
  readonly status: PodStatus;
  readonly running: RunningPod | undefined;
  /** Resolves when the pod has started once, or cannot. */
  readonly started: Promise<void>;
  /** Hooks, SIGTERM, the grace period. */
  terminate(): Promise<void>;
  /** No more probes and restarts; whoever removes the namespace ends the processes. */
  abandon(): void;
}

interface Watched {
  readonly container: Container;
  readonly sidecar: boolean;
  ready: boolean;
  started: boolean;
  restarts: number;
  /** It ended for good. */
  done: 'no' | 'succeeded' | 'failed';
}

/** While not ready a probe comes more often than its period: nobody waits for a quarter of a minute here. */
const eagerMs = 200;
const longestBackoffMs = 30_000;

/** Keeps a pod running as a kubelet does: probes its containers, starts again what ended, and tells its status. */
export function keepPod(sandbox: PodSandbox, onStatus: (status: PodStatus) => void): KeptPod {
  const keeper = new Keeper(sandbox, onStatus);
  keeper.begin();
  return keeper;
}

class Keeper implements KeptPod {
  readonly #sandbox: PodSandbox;
  readonly #onStatus: (status: PodStatus) => void;
  readonly #watched: readonly Watched[];
  readonly #stop = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Runs of containers whose end was dealt with. */
  readonly #ends = new WeakSet<RunningContainer>();
  readonly started: Promise<void>;
  #resolveStarted: () => void = () => {};
  #message = '';
  #last = '';
  running: RunningPod | undefined;

  constructor(sandbox: PodSandbox, onStatus: (status: PodStatus) => void) {
    this.#sandbox = sandbox;
    this.#onStatus = onStatus;
    this.started = new Promise((resolve) => {
      this.#resolveStarted = resolve;
    });
    const { initContainers = [], containers } = sandbox.pod.spec;
    const watch = (container: Container, sidecar: boolean): Watched => {
      return { container, sidecar, ready: false, started: false, restarts: 0, done: 'no' };
    };
    this.#watched = [
      ...initContainers.filter((one) => one.restartPolicy === 'Always').map((one) => watch(one, true)),
      ...containers.map((one) => watch(one, false)),
    ];
  }

  get status(): PodStatus {
    const containers = this.#watched.map(({ container, ready, restarts }) => ({
      name: container.name,
      ready,
      restarts,
    }));
    const ready = this.running !== undefined && containers.every((container) => container.ready);
    return { phase: this.#phase(), ready, message: this.#message, containers };
  }

  #phase(): PodStatus['phase'] {
    if (this.running === undefined) return 'Pending';
    const proper = this.#watched.filter(({ sidecar }) => !sidecar);
    if (proper.some(({ done }) => done === 'no')) return 'Running';
    return proper.some(({ done }) => done === 'failed') ? 'Failed' : 'Succeeded';
  }

  begin(): void {
    const onExit = (name: string, how: number | string): void => this.#ended(name, how);
    runPod(this.#sandbox, { onExit, signal: this.#stop.signal }).then(
      (running) => {
        if (this.#stop.signal.aborted) return;
        this.running = running;
        for (const watched of this.#watched) this.#begun(watched, running);
        this.#tell();
        this.#resolveStarted();
      },
      (error: unknown) => {
        if (this.#stop.signal.aborted) return;
        this.#message = error instanceof Error ? error.message : String(error);
        this.#tell();
        this.#resolveStarted();
      },
    );
  }

  /** It may have ended already, while others were started. */
  #begun(watched: Watched, { container }: RunningPod): void {
    const { name } = watched.container;
    const running = container(name);
    if (running.endedAt() === undefined) this.#up(watched);
    else void running.exited.then((how) => this.#ended(name, how));
  }

  async terminate(): Promise<void> {
    this.abandon();
    await this.running?.terminate();
  }

  abandon(): void {
    this.#stop.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#resolveStarted();
  }

  /** A container runs: it is ready without a probe, else the probes say. */
  #up(watched: Watched): void {
    const { container } = watched;
    const { readinessProbe, startupProbe, livenessProbe } = container;
    const running = this.running?.container(container.name);
    if (running === undefined || running.endedAt() !== undefined) return;
    watched.ready = false;
    // Sidecars have passed theirs before the app was started.
    watched.started = startupProbe === undefined || watched.sidecar;
    const onceStarted = (): void => {
      watched.started = true;
      if (readinessProbe === undefined) this.#setReady(watched, true);
      else this.#watch(watched, running, 'readinessProbe', readinessProbe);
      if (livenessProbe !== undefined) this.#watch(watched, running, 'livenessProbe', livenessProbe);
    };
    if (watched.started || startupProbe === undefined) onceStarted();
    else this.#awaitStart(watched, running, onceStarted);
  }

  #awaitStart(watched: Watched, running: RunningContainer, then: () => void): void {
    const ask = async (): Promise<void> => {
      const result = await this.running?.probe(watched.container.name, 'startupProbe');
      if (this.#isOver(running)) return;
      if (result?.ok === true) then();
      else this.#after(eagerMs, ask);
    };
    this.#after(0, ask);
  }

  #isOver(running: RunningContainer): boolean {
    return running.endedAt() !== undefined || this.#stop.signal.aborted;
  }

  /** One probe after the other for as long as this run of the container lasts. */
  #watch(watched: Watched, running: RunningContainer, kind: ProbeKind, probe: Probe): void {
    const periodMs = Math.max(1, Number(probe.periodSeconds ?? 10)) * 1000;
    let failures = 0;
    const ask = async (): Promise<void> => {
      const result = await this.running?.probe(watched.container.name, kind);
      if (this.#isOver(running)) return;
      failures = result?.ok === true ? 0 : failures + 1;
      const failed = failures >= Number(probe.failureThreshold ?? 3);
      if (kind === 'livenessProbe' && failed) running.process.kill('SIGTERM');
      else if (kind === 'readinessProbe' && (failures === 0 || failed)) this.#setReady(watched, failures === 0);
      const soon = kind === 'readinessProbe' && !watched.ready;
      this.#after(soon ? Math.min(eagerMs, periodMs) : periodMs, ask);
    };
    this.#after(kind === 'readinessProbe' ? 0 : periodMs, ask);
  }

  #ended(name: string, how: number | string): void {
    const watched = this.#watched.find(({ container }) => container.name === name);
    if (watched === undefined || this.running === undefined || this.#stop.signal.aborted) return;
    const run = this.running.container(name);
    if (this.#ends.has(run)) return;
    this.#ends.add(run);
    const policy = watched.sidecar ? 'Always' : String(this.#sandbox.pod.spec['restartPolicy'] ?? 'Always');
    watched.ready = false;
    if (policy === 'Never' || (policy === 'OnFailure' && how === 0)) {
      watched.done = how === 0 ? 'succeeded' : 'failed';
      this.#endSidecars();
    } else {
      const waitMs = watched.restarts === 0 ? 0 : Math.min(longestBackoffMs, 500 * 2 ** watched.restarts);
      watched.restarts += 1;
      this.#message = `${name} ended with ${how}, started again for the ${watched.restarts}. time`;
      this.#after(waitMs, () => this.#restart(watched));
    }
    this.#tell();
  }

  /** They end when the last of the containers proper has. */
  #endSidecars(): void {
    if (this.#phase() === 'Running') return;
    this.#tell();
    this.#stop.abort();
    void this.running?.terminate();
  }

  async #restart(watched: Watched): Promise<void> {
    try {
      await this.running?.restart(watched.container.name);
      if (!this.#stop.signal.aborted) this.#up(watched);
    } catch (error) {
      this.#message = String(error);
    }
    this.#tell();
  }

  #setReady(watched: Watched, ready: boolean): void {
    if (watched.ready === ready) return;
    watched.ready = ready;
    this.#tell();
  }

  #tell(): void {
    if (this.#stop.signal.aborted) return;
    const text = JSON.stringify(this.status);
    if (text === this.#last) return;
    this.#last = text;
    this.#onStatus(this.status);
  }

  #after(milliseconds: number, task: () => void | Promise<void>): void {
    if (this.#stop.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      Promise.resolve(task()).catch((error: unknown) => {
        this.#message = String(error);
      });
    }, milliseconds);
    this.#timers.add(timer);
  }
}

/** Ports of its containers by name, for services and probes that name one. */
export function namedPortsOf(pod: Pod): Record<string, number> {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const ports = containers.flatMap((container) => container.ports ?? []);
  return Object.fromEntries(ports.flatMap(({ name, containerPort }) => (name ? [[name, containerPort]] : [])));
}
