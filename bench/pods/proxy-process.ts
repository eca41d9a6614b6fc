import { readFileSync } from 'node:fs';
import type { TestMesh } from '../../test/mesh/fixture.ts';

/** The process of a container: it took the place of whatever started it. */
export function pidOf(mesh: TestMesh, pod: string, container: string): number {
  const pid = mesh.pod(pod).kept?.running?.container(container).process.pid;
  if (pid === undefined) throw new Error(`${container} of ${pod} does not run`);
  return pid;
}

/** Anonymous memory, MB. */
export function anonymousMb(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

const ticksPerSecond = 100;

/** User and system time so far, seconds. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export function isEnvoy(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('envoy');
  } catch {
    return false;
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
