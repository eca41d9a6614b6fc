import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../../model/json.ts';
import type { Container } from '../../model/pod.ts';
import type { PodSandbox } from './sandbox.ts';

/**
 * Shell text that builds the container's root and changes into it, then runs its arguments. The root is an overlay over
 * this machine's; what the script mounts is seen by this container alone.
 */
export function mountScript(container: Container, sandbox: PodSandbox): string {
  const base = join(sandbox.root, container.name);
  // A container that is started again finds nothing of what it wrote before.
  rmSync(base, { recursive: true, force: true });
  for (const folder of ['upper', 'work', 'merged']) mkdirSync(join(base, folder), { recursive: true });
  const merged = join(base, 'merged');
  const security = isObject(container.securityContext) ? container.securityContext : {};
  return [
    `hostname '${sandbox.pod.metadata.name ?? 'pod'}'`,
    `mount -t overlay overlay -o lowerdir=/,upperdir=${base}/upper,workdir=${base}/work ${merged}`,
    // This machine's /var/run leads to its /run: nothing of the container may be made there.
    `rm -f ${merged}/var/run; mkdir ${merged}/var/run`,
    ...etcFiles(sandbox, base).flatMap(([name, from]) => [
      // /etc/resolv.conf may be a link to a place that the container does not have.
      `rm -f ${merged}/etc/${name}`,
      `cp ${from} ${merged}/etc/${name}`,
    ]),
    ...Object.entries(sandbox.image(container, sandbox.pod).files).flatMap(([path, from]) =>
      statSync(from).isDirectory() ? bindFolder(merged, path, from) : bindFile(merged, path, from),
    ),
    ...volumeMounts(container, sandbox).flatMap(([path, folder]) => bindFolder(merged, path, folder)),
    ...['/dev', '/proc'].map((path) => `mount --rbind ${path} ${merged}${path}`),
    // Each network namespace is a mount there: held by the mounts of containers, it would outlive its pod.
    'umount --lazy /run/netns 2>/dev/null || true',
    ...(security['readOnlyRootFilesystem'] === true ? [`mount -o remount,bind,ro ${merged}`] : []),
    `exec chroot ${merged} "$@"`,
  ].join('\n');
}

function etcFiles(sandbox: PodSandbox, base: string): [string, string][] {
  return Object.entries(sandbox.etc).map(([name, text]) => {
    const path = join(base, `etc-${name}`);
    writeFileSync(path, text);
    return [name, path];
  });
}

function volumeMounts(container: Container, sandbox: PodSandbox): [string, string][] {
  const mounts = Array.isArray(container['volumeMounts']) ? container['volumeMounts'].filter(isObject) : [];
  return mounts.map((mount) => {
    const path = String(mount['mountPath']);
    const folder = sandbox.volumes.get(String(mount['name']));
    if (folder === undefined) throw new Error(`container ${container.name} mounts no volume of the pod at ${path}`);
    return [path, folder];
  });
}

function bindFolder(merged: string, path: string, from: string): string[] {
  return [`mkdir -p '${merged}${path}'`, `mount --bind '${from}' '${merged}${path}'`];
}

function bindFile(merged: string, path: string, from: string): string[] {
  const folder = path.slice(0, path.lastIndexOf('/'));
  return [`mkdir -p '${merged}${folder}'; touch '${merged}${path}'`, `mount --bind '${from}' '${merged}${path}'`];
}
