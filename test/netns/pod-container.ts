import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type JsonObject } from '../../src/model/json.ts';
import type { Container, Pod } from '../../src/model/pod.ts';
import { until } from '../envoy/condition.ts';
import { expandVariables } from '../envoy/kubelet-variables.ts';
import { asUser, type PodNamespace, type User } from './namespace.ts';
import { readField } from './pod-files.ts';

/** What all containers of a pod share. */
export interface PodSandbox {
  readonly pod: Pod;
  readonly namespace: PodNamespace;
  readonly podIp: string;
  readonly nodeIp: string;
  readonly volumes: ReadonlyMap<string, string>;
  /** Files that the images hold, by their path in the container. */
  readonly imageFiles: Readonly<Record<string, string>>;
  readonly hosts: string;
  /** A folder for the containers' root file systems. */
  readonly root: string;
}

export interface RunningContainer {
  readonly container: Container;
  readonly process: ChildProcess;
  readonly log: () => string;
  /** Resolves when the container's root is in place, so that something can be run in it. */
  readonly begun: Promise<unknown>;
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  /** When it ended (Date.now), undefined while it runs. */
  readonly endedAt: () => number | undefined;
  /** Runs a command in it, as an exec hook or probe does. */
  readonly exec: (command: readonly string[]) => Promise<{ code: number; output: string }>;
}

/**
 * Starts a container as its runtime would: in the pod's network namespace, on a root file system of its own (an overlay
 * over this machine's, read-only if the container asks for it), with its volumes, its environment, its user and its
 * capabilities. Seccomp, cgroups and process namespaces are left out.
 */
export function startContainer(container: Container, sandbox: PodSandbox): RunningContainer {
  const env = environmentOf(container, sandbox);
  const words = [...(container.command ?? []), ...(container.args ?? [])].map((word) => expandVariables(word, env));
  const user = userOf(container, sandbox.pod);
  const command = sandbox.namespace.enter([
    ...['unshare', '--mount', 'sh', '-ec', mountScript(container, sandbox), 'container'],
    ...asUser(user, words),
  ]);
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const keep = (chunk: Buffer): void => {
    log += String(chunk);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let endedAt: number | undefined;
  const exited = new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => {
      endedAt = Date.now();
      resolve(code ?? signal ?? 'unknown');
    });
  });
  return {
    container,
    process: child,
    log: () => log,
    begun: until(`the root of ${container.name}: ${log}`, () => endedAt !== undefined || isInside(child.pid, sandbox)),
    exited,
    endedAt: () => endedAt,
    exec: (inner) => {
      const entered = ['--target', String(child.pid), '--mount', '--net', '--root', '--wd'];
      return execute('nsenter', [...entered, ...asUser(user, inner)], env);
    },
  };
}

/** The process has changed its root: what follows in it is the container's own command. */
function isInside(pid: number | undefined, sandbox: PodSandbox): true | undefined {
  return readlinkSync(`/proc/${pid}/root`).startsWith(sandbox.root) || undefined;
}

function execute(program: string, args: readonly string[], env: Record<string, string>) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(program, args, { env, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

/** Shell text that builds the container's root and changes into it, then runs its arguments. */
function mountScript(container: Container, sandbox: PodSandbox): string {
  const base = join(sandbox.root, container.name);
  for (const folder of ['upper', 'work', 'merged']) mkdirSync(join(base, folder), { recursive: true });
  const merged = join(base, 'merged');
  const mounts = Array.isArray(container['volumeMounts']) ? container['volumeMounts'].filter(isObject) : [];
  const security = isObject(container.securityContext) ? container.securityContext : {};
  const bind = (from: string, to: string) => `mount --bind '${from}' '${merged}${to}'`;
  return [
    `mount -t overlay overlay -o lowerdir=/,upperdir=${base}/upper,workdir=${base}/work ${merged}`,
    // This machine's /var/run leads to its /run: nothing of the container may be made there.
    `rm -f ${merged}/var/run; mkdir ${merged}/var/run`,
    `printf '%s' '${sandbox.hosts}' > ${merged}/etc/hosts`,
    ...Object.entries(sandbox.imageFiles).flatMap(([path, from]) => [
      `mkdir -p '${merged}${path.slice(0, path.lastIndexOf('/'))}'; touch '${merged}${path}'`,
      bind(from, path),
    ]),
    ...mounts.flatMap((mount) => {
      const path = String(mount['mountPath']);
      const folder = sandbox.volumes.get(String(mount['name']));
      if (folder === undefined) throw new Error(`container ${container.name} mounts no volume of the pod at ${path}`);
      return [`mkdir -p '${merged}${path}'`, bind(folder, path)];
    }),
    ...['/dev', '/proc'].map((path) => `mount --rbind ${path} ${merged}${path}`),
    ...(security['readOnlyRootFilesystem'] === true ? [`mount -o remount,bind,ro ${merged}`] : []),
    `exec chroot ${merged} "$@"`,
  ].join('\n');
}

function environmentOf(container: Container, sandbox: PodSandbox): Record<string, string> {
  const env: Record<string, string> = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  for (const item of container.env ?? []) {
    const source = isObject(item['valueFrom']) ? item['valueFrom'] : undefined;
    if (source === undefined) env[item.name] = expandVariables(String(item['value'] ?? ''), env);
    else env[item.name] = readSource(source, sandbox);
  }
  return env;
}

function readSource(source: JsonObject, sandbox: PodSandbox): string {
  const field = isObject(source['fieldRef']) ? String(source['fieldRef']['fieldPath']) : '';
  if (field === 'status.podIP') return sandbox.podIp;
  if (field === 'status.hostIP') return sandbox.nodeIp;
  return readField(sandbox.pod, field);
}

/** The app's user is 1000 where the pod names none: images of apps differ. */
function userOf(container: Container, pod: Pod): User {
  const security = {
    ...(isObject(pod.spec.securityContext) ? pod.spec.securityContext : {}),
    ...(isObject(container.securityContext) ? container.securityContext : {}),
  };
  const listed = isObject(security['capabilities']) ? security['capabilities']['add'] : [];
  return {
    uid: Number(security['runAsUser'] ?? 1000),
    gid: Number(security['runAsGroup'] ?? 1000),
    capabilities: (Array.isArray(listed) ? listed : []).map((name) => String(name).toLowerCase()),
  };
}
