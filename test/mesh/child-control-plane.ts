import { type ChildProcess, spawn } from 'node:child_process';
import { on } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readMeshRootText } from '../../src/identity/workload/mesh-root-file.ts';
import type { ControlPlane, ControlPlaneOptions } from '../../src/playground/control-plane.ts';
import { writeObjects } from './object-folder.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

/** As the image runs it, and a signal by which it collects its garbage and says what is left. */
const nodeFlags = [
  ...['--max-semi-space-size=8', '--expose-gc', '--import'],
  "data:text/javascript,process.on('SIGUSR2',()=>{gc();gc();console.error(`heap ${process.memoryUsage().heapUsed}`)})",
];

/** The real command as a process of its own, which can be killed, frozen and started again. */
export interface ChildControlPlane extends ControlPlane {
  /** As the kernel does for want of memory: nothing is said to anybody. */
  kill(): Promise<void>;
  /** Resolves when it is ready. */
  restart(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Collects its garbage. The answer: bytes that its heap holds. */
  collect(): Promise<number>;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Lines of its log that are warnings and worse. */
  readonly log: string[];
  /** The folder that it follows. */
  readonly objects: string;
  /** Another one over the same folder and state, with settings of its own; of another checkout's `src/main.ts` if one is named. */
  beside(sets: readonly string[], otherMain?: string): Promise<{ stop(): Promise<void> }>;
}

/** `outrigger serve` over a folder that follows the objects of the playground. */
export async function startChildControlPlane(
  { source, host, nameserver, stateFolder, concurrency }: ControlPlaneOptions,
  sets: readonly string[],
  variables: Readonly<Record<string, string>> = {},
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
  const startWith = (more: readonly string[], program = main): Promise<Running> => {
    const given = [...all, ...more].flatMap((set) => ['--set', set]);
    return startOnce([program, 'serve', '--print-json', ...given], { log, variables });
  };
  const start = (port: number): Promise<Running> => startWith([`server.port=${port}`]);
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
    objects: folder,
    beside: async (more, otherMain) => {
      const { child, exited } = await startWith(more, otherMain);
      return {
        stop: async () => {
          child.kill('SIGTERM');
          await exited;
        },
      };
    },
    get pid() {
      return running.child.pid ?? 0;
    },
    collect: async () => {
      const heap = running.heap();
      running.child.kill('SIGUSR2');
      return heap;
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
  /** What it says next of its heap. */
  heap(): Promise<number>;
  /** Of the webhook. */
  readonly port: number;
  readonly caFile: string;
}

interface Surroundings {
  readonly log: string[];
  readonly variables: Readonly<Record<string, string>>;
}

async function startOnce(args: readonly string[], { log, variables }: Surroundings): Promise<Running> {
  // Variables of the tests are no keys of its configuration.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('OUTRIGGER_'));
  const env = { ...Object.fromEntries(own), ...variables };
  const child = spawn(process.execPath, [...nodeFlags, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => /^heap /.test(line) || log.push(line));
  const heap = async (): Promise<number> => {
    for await (const [line] of on(lines, 'line')) if (/^heap /.test(line)) return Number(line.slice(5));
    throw new Error('the control plane ended before it had told of its heap');
  };
  const ready = new Promise<{ port: number; caFile: string }>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
  });
  const failed = exited.then(() => {
    throw new Error(`the control plane ended: ${log.slice(-5).join('\n')}`);
  });
  return { child, exited, heap, ...(await Promise.race([ready, failed])) };
}
