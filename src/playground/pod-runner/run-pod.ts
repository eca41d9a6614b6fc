import type { Container } from '../../model/pod.ts';
import { type RunningContainer, startContainer } from './container.ts';
import { type HandlerResult, performHook, performProbe } from './kubelet-handlers.ts';
import type { PodSandbox } from './sandbox.ts';
import { terminatePod } from './terminate-pod.ts';
import { until } from './until.ts';

export type ProbeKind = 'readinessProbe' | 'livenessProbe' | 'startupProbe';

export interface RunOptions {
  /**
   * What a container of this name writes when it is up. Its postStart hook runs then: a kubelet does not wait, but how
   * fast the app of a test starts is not what is tested.
   */
  readonly up?: Readonly<Record<string, string>>;
  /** A container ended by itself or was ended: told after its event. */
  readonly onExit?: (name: string, how: number | string) => void;
  /** Ends the start: what was started is left to whoever removes the namespace. */
  readonly signal?: AbortSignal;
}

export interface RunningPod {
  /** What happened, in order: `started istio-proxy`, `postStart app: 200`, … */
  readonly events: readonly string[];
  readonly container: (name: string) => RunningContainer;
  /** One probe of a container, as the kubelet performs it. */
  readonly probe: (container: string, kind: ProbeKind) => Promise<HandlerResult>;
  /** Starts a container that has ended once more. */
  readonly restart: (name: string) => Promise<void>;
  /** `kubectl delete pod`. Resolves when every container has ended. */
  readonly terminate: () => Promise<void>;
}

/** Events of a pod that restarts for ever are not kept for ever. */
const mostEvents = 1000;

/**
 * Plays the kubelet: init containers in order (a sidecar among them is waited for by its startup probe), then the
 * containers in order, each start held until its postStart hook has ended. Rejects when one cannot start.
 */
export async function runPod(sandbox: PodSandbox, options: RunOptions = {}): Promise<RunningPod> {
  const runner = new Runner(sandbox, options);
  await runner.start();
  return runner;
}

class Runner implements RunningPod {
  readonly events: string[] = [];
  readonly #sandbox: PodSandbox;
  readonly #options: RunOptions;
  readonly #running = new Map<string, RunningContainer>();

  constructor(sandbox: PodSandbox, options: RunOptions) {
    this.#sandbox = sandbox;
    this.#options = options;
  }

  readonly container = (name: string): RunningContainer => {
    return this.#running.get(name) ?? fail(`there is no container ${name}`);
  };

  async start(): Promise<void> {
    const { spec } = this.#sandbox.pod;
    for (const container of spec.initContainers ?? []) {
      const started = await this.#start(container);
      if (container.restartPolicy === 'Always') await this.#holdForSidecar(started);
      else await this.#runToEnd(started);
    }
    for (const container of spec.containers) {
      const started = await this.#start(container);
      const sign = this.#options.up?.[container.name];
      if (sign !== undefined) await until(`${container.name} is up`, () => started.log().includes(sign) || undefined);
      await this.#postStart(started);
    }
  }

  async probe(name: string, kind: ProbeKind): Promise<HandlerResult> {
    const running = this.container(name);
    const probe = running.container[kind] ?? fail(`${name} has no ${kind}`);
    const timeoutMs = Math.max(1, Number(probe.timeoutSeconds ?? 1)) * 1000;
    return performProbe(probe, { running, podIp: this.#sandbox.podIp, timeoutMs });
  }

  async restart(name: string): Promise<void> {
    await this.#postStart(await this.#start(this.container(name).container));
  }

  terminate(): Promise<void> {
    const { podIp, pod } = this.#sandbox;
    return terminatePod(pod, { podIp, container: this.container, tell: (event) => this.#tell(event) });
  }

  #tell(event: string): void {
    this.events.push(event);
    if (this.events.length > mostEvents) this.events.shift();
  }

  async #start(container: Container): Promise<RunningContainer> {
    this.#options.signal?.throwIfAborted();
    const started = startContainer(container, this.#sandbox);
    this.#running.set(container.name, started);
    this.#tell(`started ${container.name}`);
    void started.exited.then((how) => {
      this.#tell(`ended ${container.name}: ${how}`);
      this.#options.onExit?.(container.name, how);
    });
    await started.begun;
    return started;
  }

  async #runToEnd(started: RunningContainer): Promise<void> {
    const code = await started.exited;
    if (code !== 0) fail(`init container ${started.container.name} ended with ${code}: ${tail(started)}`);
  }

  async #holdForSidecar(started: RunningContainer): Promise<void> {
    await this.#postStart(started);
    const { name, startupProbe } = started.container;
    if (startupProbe === undefined) return;
    const isUp = async (): Promise<true | undefined> => {
      if (started.endedAt() !== undefined || this.#options.signal?.aborted) return true;
      return (await this.probe(name, 'startupProbe')).ok || undefined;
    };
    await until(() => `${name} has started: ${tail(started)}`, isUp, 60);
    if (started.endedAt() !== undefined) fail(`${name} ended before it was up: ${tail(started)}`);
    this.#tell(`startup ${name}`);
  }

  /** A failed hook ends the container: here it ends the start of the pod. */
  async #postStart(started: RunningContainer): Promise<void> {
    const hook = started.container.lifecycle?.postStart;
    if (hook === undefined) return;
    const result = await performHook(hook, { running: started, podIp: this.#sandbox.podIp, timeoutMs: 60_000 });
    this.#tell(`postStart ${started.container.name}: ${result.detail}`);
    if (!result.ok) fail(`postStart of ${started.container.name} failed: ${result.detail} ${tail(started)}`);
  }
}

function tail(started: RunningContainer): string {
  return started.log().slice(-2000);
}

function fail(what: string): never {
  throw new Error(what);
}
