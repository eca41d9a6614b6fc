import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readMeshRootText } from '../../src/identity/workload/mesh-root-file.ts';
import type { ControlPlane, ControlPlaneOptions } from '../../src/playground/control-plane.ts';
import { writeObjects } from './object-folder.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

/** The real command as a process of its own, which can be killed, frozen and started again. */
export interface ChildControlPlane extends ControlPlane {
  /** As the kernel does for want of memory: nothing is said to anybody. */
  kill(): Promise<void>;
  /** Resolves when it is ready. */
  restart(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Lines of its log that are warnings and worse. */
  readonly log: string[];
}

/** `outrigger serve` over a folder that follows the objects of the playground. */
export async function startChildControlPlane(
  { source, host, nameserver, stateFolder, concurrency }: ControlPlaneOptions,
  sets: readonly string[],
): Promise<ChildControlPlane> {
  const folder = join(stateFolder, 'objects');
  const unfollow = writeObjects(source, folder);
  const log: string[] = [];
  const all = [
    ...[`config=${folder}`, `stateDir=${stateFolder}`, 'kubernetes=off', 'server.host=127.0.0.1', 'log.level=warn'],
    ...['discovery.enabled=on', `discovery.host=${host}`, 'discovery.port=15012'],
    `injection.nameservers=["${nameserver}"]`,
    ...[`injection.mesh.defaultConfig={"concurrency":${concurrency}}`, ...sets],
  ];
  const start = async (port: number): Promise<Running> => {
    const given = [...all, `server.port=${port}`].flatMap((set) => ['--set', set]);
    return startOnce(['serve', '--print-json', ...given], log);
  };
  let running = await start(0);
  const { port, caFile } = running;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    running.child.kill(signal);
    await running.exited;
  };
  return {
    webhookUrl: `https://localhost:${port}/inject`,
    caPem: readFileSync(caFile, 'utf8'),
    discoveryPort: 15012,
    get rootPem() {
      const text = readFileSync(join(stateFolder, 'mesh-root.pem'), 'utf8');
      return readMeshRootText(text, stateFolder).rootsPem;
    },
    log,
    get pid() {
      return running.child.pid ?? 0;
    },
    kill: () => end('SIGKILL'),
    restart: async () => {
      running = await start(port);
    },
    freeze: () => running.child.kill('SIGSTOP'),
    thaw: () => running.child.kill('SIGCONT'),
    stop: async () => {
      unfollow();
      await end('SIGKILL');
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  /** Of the webhook. */
  readonly port: number;
  readonly caFile: string;
}

async function startOnce(args: readonly string[], log: string[]): Promise<Running> {
  // Variables of the tests are no keys of its configuration.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OUTRIGGER_')));
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const ready = new Promise<{ port: number; caFile: string }>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
  });
  const failed = exited.then(() => {
    throw new Error(`the control plane ended: ${log.slice(-5).join('\n')}`);
  });
  return { child, exited, ...(await Promise.race([ready, failed])) };
}
