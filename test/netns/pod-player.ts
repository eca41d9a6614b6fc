import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '../../src/model/pod.ts';
import { type ClusterObjects, writeVolumes } from '../../src/playground/pod-runner/pod-files.ts';
import { type RunningPod, runPod } from '../../src/playground/pod-runner/run-pod.ts';
import { createNamespace, type NamespaceOptions, type TestNamespace } from './namespace.ts';

export interface PlayOptions {
  readonly cluster: ClusterObjects;
  readonly imageFiles: Readonly<Record<string, string>>;
  /** Names that the cluster's DNS knows. */
  readonly names: readonly string[];
  readonly up?: Readonly<Record<string, string>>;
}

export interface PlayedPod extends RunningPod {
  readonly podIp: string;
  readonly nodeIp: string;
  readonly namespace: TestNamespace;
  /** Ends everything at once and removes the namespace. */
  readonly remove: () => void;
}

/** A network namespace in which a pod can be started; apart from `playPod`, so that the node can listen there first. */
export function preparePod(options: Required<Pick<NamespaceOptions, 'families'>>) {
  const namespace = createNamespace({ families: options.families });
  const [link] = namespace.links;
  if (link === undefined) throw new Error('the namespace has no link');
  const six = !options.families.includes(4);
  return { namespace, podIp: six ? link.podIp6 : link.podIp, nodeIp: six ? link.nodeIp6 : link.nodeIp };
}

/** A pod run by the playground's runner, on a cable of its own instead of the playground's bridge. */
export async function playPod(
  pod: Pod,
  place: ReturnType<typeof preparePod>,
  options: PlayOptions,
): Promise<PlayedPod> {
  const root = mkdtempSync(join(tmpdir(), 'outrigger-player-'));
  const hosts = `127.0.0.1 localhost\n${options.names.map((name) => `${place.nodeIp} ${name}\n`).join('')}`;
  const remove = (): void => {
    place.namespace.remove();
    rmSync(root, { recursive: true, force: true });
  };
  try {
    const volumes = writeVolumes(pod, options.cluster, join(root, 'volumes'));
    const { configMaps } = options.cluster;
    const image = () => ({ files: options.imageFiles });
    const sandbox = { ...place, pod, volumes, configMaps, image, etc: { hosts }, root };
    const running = await runPod(sandbox, { ...(options.up === undefined ? {} : { up: options.up }) });
    const { events, container } = running;
    const probe: RunningPod['probe'] = (name, kind) => running.probe(name, kind);
    const [terminate, restart] = [() => running.terminate(), (name: string) => running.restart(name)];
    return { ...place, events, container, probe, restart, terminate, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
