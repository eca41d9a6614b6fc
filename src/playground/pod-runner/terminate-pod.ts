import type { Pod } from '../../model/pod.ts';
import type { RunningContainer } from './container.ts';
import { performHook } from './kubelet-handlers.ts';

export interface Terminable {
  readonly podIp: string;
  readonly container: (name: string) => RunningContainer;
  readonly tell: (event: string) => void;
}

/**
 * preStop hooks of all containers, sidecars too, run at once; SIGTERM follows each hook, but reaches sidecars only when
 * the containers proper have ended, the last sidecar first; SIGKILL after the grace period
 * (pkg/kubelet/kuberuntime: killContainersWithSyncResult).
 */
export async function terminatePod(pod: Pod, { podIp, container, tell }: Terminable): Promise<void> {
  const grace = Number(pod.spec['terminationGracePeriodSeconds'] ?? 30) * 1000;
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').reverse();
  const end = async (name: string, turn: Promise<unknown>): Promise<void> => {
    const running = container(name);
    if (running.endedAt() !== undefined) return;
    const killer = setTimeout(() => running.process.kill('SIGKILL'), grace);
    const hook = running.container.lifecycle?.preStop;
    if (hook !== undefined) {
      const result = await performHook(hook, { running, podIp, timeoutMs: grace });
      tell(`preStop ${name}: ${result.detail}`);
    }
    await turn;
    tell(`SIGTERM ${name}`);
    running.process.kill('SIGTERM');
    await running.exited;
    clearTimeout(killer);
  };
  const proper = Promise.all(pod.spec.containers.map(({ name }) => end(name, Promise.resolve())));
  let previous: Promise<unknown> = proper;
  const ends: Promise<unknown>[] = [proper];
  for (const sidecar of sidecars) {
    previous = end(sidecar.name, previous);
    ends.push(previous);
  }
  await Promise.all(ends);
}
