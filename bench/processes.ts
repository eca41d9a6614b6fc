import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** A Node process on one core (where `taskset` exists): the server has one, the client the other. */
export function startNode(core: 0 | 1, args: readonly string[]): ChildProcess {
  const command = [process.execPath, ...args];
  const [name = '', ...rest] = pinned ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(name, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The first line of JSON that a process prints. */
export function firstLine(child: ChildProcess): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end >= 0) resolve(JSON.parse(text.slice(0, end)) as Record<string, unknown>);
    });
    child.on('exit', (code) => reject(new Error(`ended with ${code} before it said anything`)));
  });
}
