import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container, Pod } from '../../src/model/pod.ts';
import { until } from '../envoy/condition.ts';
import { type HandlerResult, performHook, performProbe } from './kubelet-handlers.ts';
import { createNamespace, type NamespaceOptions, type PodNamespace } from './namespace.ts';
import { type PodSandbox, type RunningContainer, startContainer } from './pod-container.ts';
import { type ClusterObjects, writeVolumes } from './pod-files.ts';

export interface PlayOptions {
  readonly cluster: ClusterObjects;
  readonly imageFiles: Readonly<Record<string, string>>;
  readonly families: NonNullable<NamespaceOptions['families']>;
  /** Names that the cluster's DNS knows. */
  readonly names: readonly string[];
  /**
   * What a container of this name writes when it is up. Its postStart hook is played then: a kubelet does not wait, but
   * how fast the app of a test starts is not what is played.
   */
  readonly up?: Readonly<Record<string, string>>;
}

export interface PlayedPod {
  readonly podIp: string;
  readonly nodeIp: string;
  readonly namespace: PodNamespace;
  /** What happened, in order: `started istio-proxy`, `postStart app: 200`, … */
  readonly events: readonly string[];
  readonly container: (name: string) => RunningContainer;
  /** One probe of a container, as the kubelet performs it. */
  readonly probe: (
    container: string,
    kind: 'readinessProbe' | 'livenessProbe' | 'startupProbe',
  ) => Promise<HandlerResult>;
  /** `kubectl delete pod`. Resolves when every container has ended. */
  readonly terminate: () => Promise<void>;
  /** Ends everything at once and removes the namespace. */
  readonly remove: () => void;
}

/** A network namespace in which a pod can be started; apart from `playPod`, so that the node can listen there first. */
export function preparePod(options: Pick<PlayOptions, 'families'>) {
  const namespace = createNamespace({ families: options.families });
  const [link] = namespace.links;
  if (link === undefined) throw new Error('the namespace has no link');
  const six = !options.families.includes(4);
  return { namespace, podIp: six ? link.podIp6 : link.podIp, nodeIp: six ? link.nodeIp6 : link.nodeIp };
}

/**
 * Plays the kubelet: init containers in order (a sidecar among them is waited for by its startup probe), then the
 * containers in order, each start held until its postStart hook has ended.
 */
export async function playPod(
  pod: Pod,
  place: ReturnType<typeof preparePod>,
  options: PlayOptions,
): Promise<PlayedPod> {
  const root = mkdtempSync(join(tmpdir(), 'outrigger-player-'));
  const events: string[] = [];
  const sandbox: PodSandbox = {
    ...place,
    pod,
    volumes: writeVolumes(pod, options.cluster, join(root, 'volumes')),
    imageFiles: options.imageFiles,
    hosts: `127.0.0.1 localhost\n${options.names.map((name) => `${place.nodeIp} ${name}\n`).join('')}`,
    root,
  };
  const running = new Map<string, RunningContainer>();
  const played: PlayedPod = {
    ...place,
    events,
    container: (name) => running.get(name) ?? fail(`there is no container ${name}`),
    probe: (name, kind) => {
      const found = played.container(name);
      return performProbe(found.container[kind] ?? fail(`${name} has no ${kind}`), found, place.podIp);
    },
    terminate: () => terminate(pod, played),
    remove: () => {
      place.namespace.remove();
      rmSync(root, { recursive: true, force: true });
    },
  };
  try {
    for (const container of pod.spec.initContainers ?? []) {
      const started = await start(container, running, { sandbox, events });
      if (container.restartPolicy === 'Always') await holdForSidecar(started, played, events);
      else await runToEnd(started, events);
    }
    for (const container of pod.spec.containers) {
      const started = await start(container, running, { sandbox, events });
      const sign = options.up?.[container.name];
      if (sign !== undefined) await until(`${container.name} is up`, () => started.log().includes(sign) || undefined);
      await postStart(started, played, events);
    }
  } catch (error) {
    played.remove();
    throw error;
  }
  return played;
}

function fail(what: string): never {
  throw new Error(what);
}

async function start(
  container: Container,
  running: Map<string, RunningContainer>,
  { sandbox, events }: { sandbox: PodSandbox; events: string[] },
): Promise<RunningContainer> {
  const started = startContainer(container, sandbox);
  running.set(container.name, started);
  events.push(`started ${container.name}`);
  void started.exited.then((code) => events.push(`ended ${container.name}: ${code}`));
  await started.begun;
  return started;
}

async function runToEnd(started: RunningContainer, events: string[]): Promise<void> {
  const code = await started.exited;
  if (code !== 0) fail(`init container ${started.container.name} ended with ${code}: ${started.log()}${events.join()}`);
}

async function holdForSidecar(started: RunningContainer, played: PlayedPod, events: string[]): Promise<void> {
  await postStart(started, played, events);
  const { name, startupProbe } = started.container;
  if (startupProbe === undefined) return;
  await until(
    `${name} has started: ${started.log()}`,
    async () => (await played.probe(name, 'startupProbe')).ok || undefined,
    30,
  );
  events.push(`startup ${name}`);
}

/** A failed hook ends the container: here it ends the play. */
async function postStart(started: RunningContainer, played: PlayedPod, events: string[]): Promise<void> {
  const hook = started.container.lifecycle?.postStart;
  if (hook === undefined) return;
  const result = await performHook(hook, started, played.podIp);
  events.push(`postStart ${started.container.name}: ${result.detail}`);
  if (!result.ok) fail(`postStart of ${started.container.name} failed: ${result.detail} ${started.log()}`);
}

/**
 * preStop hooks of all containers, sidecars too, run at once; SIGTERM follows each hook, but reaches sidecars only when
 * the containers proper have ended, the last sidecar first; SIGKILL after the grace period
 * (pkg/kubelet/kuberuntime: killContainersWithSyncResult).
 */
async function terminate(pod: Pod, played: PlayedPod): Promise<void> {
  const events = played.events as string[];
  const grace = Number(pod.spec['terminationGracePeriodSeconds'] ?? 30) * 1000;
  const sidecars = (pod.spec.initContainers ?? [])
    .filter((container) => container.restartPolicy === 'Always')
    .reverse();
  const end = async (name: string, turn: Promise<unknown>): Promise<void> => {
    const running = played.container(name);
    if (running.endedAt() !== undefined) return;
    const killer = setTimeout(() => running.process.kill('SIGKILL'), grace);
    const hook = running.container.lifecycle?.preStop;
    if (hook !== undefined) {
      const result = await performHook(hook, running, played.podIp);
      events.push(`preStop ${name}: ${result.detail}`);
    }
    await turn;
    events.push(`SIGTERM ${name}`);
    running.process.kill('SIGTERM');
    await running.exited;
    clearTimeout(killer);
  };
  const proper = Promise.all(pod.spec.containers.map((container) => end(container.name, Promise.resolve())));
  let previous: Promise<unknown> = proper;
  const ends: Promise<unknown>[] = [proper];
  for (const sidecar of sidecars) {
    previous = end(sidecar.name, previous);
    ends.push(previous);
  }
  await Promise.all(ends);
}
