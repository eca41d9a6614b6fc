import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** A process of the test's own, with its output in a file. Dies with the test process. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly running: boolean;
  /** The end of what it wrote, for the message of a failed test. */
  tail(lines?: number): Promise<string>;
  /** Sends the signal and waits for the end; SIGKILL after `graceMs` (10 s by default). */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Standard output and error go here, appended. */
  readonly logFile: string;
  readonly cwd?: string;
}

export function startChild(options: ChildOptions): Child {
  const log = createWriteStream(options.logFile, { flags: 'a' });
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const killWithParent = () => child.kill('SIGKILL');
  process.once('exit', killWithParent);
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      log.write(`${options.name} did not start: ${error.message}\n`);
      resolve();
    });
    child.once('exit', () => resolve());
  }).then(() => {
    process.removeListener('exit', killWithParent);
  });
  return {
    name: options.name,
    pid: child.pid ?? -1,
    get running() {
      return isRunning(child);
    },
    tail: async (lines = 30) => (await readFile(options.logFile, 'utf8')).split('\n').slice(-lines).join('\n'),
    stop: async (signal = 'SIGTERM', graceMs = 10_000) => {
      if (!isRunning(child)) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** `count` different loopback ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export interface WaitOptions {
  /** What is awaited, for the message of the failure. */
  readonly what: string;
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/** Asks `probe` until it gives a value; throws with the last error after the deadline (30 s by default). */
export async function waitFor<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + (options.timeoutMs ?? 30_000);
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`waited ${options.timeoutMs ?? 30_000} ms in vain for ${options.what}${why}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 50));
  }
}
