import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/** One half of a bench in a process of its own, asked by messages. */
export interface Worker {
  readonly process: ChildProcess;
  ask<T>(what: string, argument?: unknown): Promise<T>;
  stop(): void;
}

interface Question {
  readonly id: number;
  readonly what: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** As the image runs it (Dockerfile). */
const nodeFlags = ['--max-semi-space-size=8'];
const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** A module of this folder on one core: the server has one, the clients the other. */
export function startWorker(core: 0 | 1, module: string): Worker {
  const command = [process.execPath, ...nodeFlags, ...profiling(module), '--expose-gc', module];
  const [name = '', ...args] = pinned ? ['taskset', '-c', String(core), ...command] : command;
  const child = spawn(name, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  child.on('message', ({ id, result, error }: Answer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${module} ended with ${code}`));
  });
  return {
    process: child,
    ask: <T>(what: string, argument?: unknown) =>
      new Promise<T>((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve: (value) => resolve(value as T), reject });
        child.send({ id: last, what, argument } satisfies Question);
      }),
    stop: () => {
      if (child.connected) child.disconnect();
    },
  };
}

/** `OUTRIGGER_PROFILE=control-plane`: a profile of that half is left in the working folder. */
function profiling(module: string): string[] {
  const wanted = process.env['OUTRIGGER_PROFILE'];
  return wanted !== undefined && module.includes(wanted) ? ['--cpu-prof'] : [];
}

/** The other side: answers until the bench is over. */
export function answerQuestions(handlers: Readonly<Record<string, (argument: never) => unknown>>): void {
  process.on('message', async ({ id, what, argument }: Question) => {
    try {
      const handler = handlers[what];
      if (handler === undefined) throw new Error(`nobody answers ${what}`);
      process.send?.({ id, result: await handler(argument as never) } satisfies Answer);
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on('disconnect', () => process.exit(0));
}

/** Milliseconds on the clock that all processes of this machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
