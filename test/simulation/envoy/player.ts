import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Call } from '../simulator/call.ts';
import type { Network, Place } from './network.ts';
import type { Observation } from './observation.ts';

/** A process in a namespace that makes calls there, and answers them. */
export interface Player {
  call(call: Call, from?: string): Promise<Observation>;
  stop(): void;
}

export async function startPlayer(network: Network, place: Place, partFile: string): Promise<Player> {
  const child = join(import.meta.dirname, 'player-child.ts');
  const [program = '', ...args] = network.enter(place, [process.execPath, child, partFile]);
  const running: ChildProcess = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map<number, (observation: Observation) => void>();
  let last = 0;
  await new Promise<void>((resolve, reject) => {
    running.on('exit', (code) => reject(new Error(`the player of ${place} ended with ${code}`)));
    if (running.stdout === null) return;
    createInterface({ input: running.stdout }).on('line', (line) => {
      const { ready, id, observation } = JSON.parse(line);
      if (ready === true) resolve();
      waiting.get(id)?.(observation);
      waiting.delete(id);
    });
  });
  return {
    call: (call, from) =>
      new Promise((resolve) => {
        last += 1;
        waiting.set(last, resolve);
        running.stdin?.write(`${JSON.stringify({ id: last, call, from })}\n`);
      }),
    stop: () => void running.kill('SIGKILL'),
  };
}
