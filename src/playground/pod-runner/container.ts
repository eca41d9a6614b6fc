import { type ChildProcess, type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../../model/json.ts';
import type { Container, Pod } from '../../model/pod.ts';
import { environmentOf } from './environment.ts';
import { expandVariables } from './expand-variables.ts';
import { mountScript } from './mount-script.ts';
import type { PodSandbox } from './sandbox.ts';
import { until } from './until.ts';
import { asUser, type User } from './user.ts';

export interface RunningContainer {
  readonly container: Container;
  readonly process: ChildProcess;
  /** What it wrote, both streams, and those that ran before it under this name. */
  readonly log: () => string;
  /** Where it stands. */
  readonly logFile: string;
  /** Resolves when the container's root is in place, so that something can be run in it. */
  readonly begun: Promise<unknown>;
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  /** When it ended (Date.now), undefined while it runs. */
  readonly endedAt: () => number | undefined;
  /** Runs a command in it, as an exec hook or probe does. */
  readonly exec: (command: readonly string[]) => Promise<{ code: number; output: string }>;
  /** The same with streams, for as long as the command takes. */
  readonly attach: (command: readonly string[]) => ChildProcessWithoutNullStreams;
}

/**
 * Starts a container as its runtime would: in the pod's network namespace, on a root file system of its own (an overlay
 * over this machine's, read-only if the container asks for it), with its volumes, its environment, its user and its
 * capabilities. Seccomp, cgroups and process namespaces are left out. It ends with this process.
 */
export function startContainer(container: Container, sandbox: PodSandbox): RunningContainer {
  const env = environmentOf(container, sandbox);
  const words = commandOf(container, sandbox).map((word) => expandVariables(word, env));
  const user = userOf(container, sandbox.pod);
  const logFile = join(sandbox.root, `${container.name}.log`);
  const [program = '', ...args] = sandbox.namespace.enter([
    ...['unshare', '--mount', '--uts', 'sh', '-ec', mountScript(container, sandbox), 'container'],
    ...asUser(user, words, ['--pdeathsig', 'KILL']),
  ]);
  const descriptor = openSync(logFile, 'a');
  // Not in the group of this process: a Ctrl-C is for the playground alone.
  const child = spawn(program, args, { env, stdio: ['ignore', descriptor, descriptor], detached: true });
  closeSync(descriptor);
  const log = () => readFileSync(logFile, 'utf8');
  let endedAt: number | undefined;
  const exited = new Promise<number | string>((resolve) => {
    const end = (how: number | string): void => {
      endedAt ??= Date.now();
      resolve(how);
    };
    child.on('exit', (code, signal) => end(code ?? signal ?? 'unknown'));
    child.on('error', (error) => end(error.message));
  });
  const begun = until(
    () => `the root of ${container.name}: ${log()}`,
    () => endedAt !== undefined || isInside(child.pid, sandbox),
    60,
  );
  begun.catch(() => {});
  const entered = (inner: readonly string[]): string[] => [
    ...['--target', String(child.pid), '--mount', '--net', '--root', '--wd'],
    ...asUser(user, inner),
  ];
  return {
    container,
    process: child,
    ...{ log, logFile },
    begun,
    exited,
    endedAt: () => endedAt,
    exec: (inner) => execute('nsenter', entered(inner), env),
    attach: (inner) => spawn('nsenter', entered(inner), { env }),
  };
}

function commandOf(container: Container, sandbox: PodSandbox): string[] {
  const own = container.command ?? sandbox.image(container, sandbox.pod).command ?? [];
  const words = [...own, ...(container.args ?? [])];
  if (words.length === 0)
    throw new Error(`container ${container.name}: image ${container.image} is none that is known`);
  return words;
}

/** The process has changed its root: what follows in it is the container's own command. */
function isInside(pid: number | undefined, sandbox: PodSandbox): true | undefined {
  return readlinkSync(`/proc/${pid}/root`).startsWith(sandbox.root) || undefined;
}

/** Bytes of one command: statistics of a busy proxy are megabytes. */
const mostOutput = 64 * 1024 * 1024;

function execute(program: string, args: readonly string[], env: Record<string, string>) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(program, args, { env, encoding: 'utf8', maxBuffer: mostOutput }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
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
