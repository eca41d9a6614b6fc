import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { arrived, change, type Fault, type Stage } from './fault.ts';

const day = 86_400;
/** What the whole has to be back within. Milliseconds. */
const backMs = 30_000;
/** Without a failure for so long it is back. */
const calmMs = 8_000;

/**
 * The time of day of the control plane, of all proxies and of who issues the tokens of pods jumps by a day, and back: all
 * certificates have ended, or have not begun. Every request here is a handshake of its own.
 */
export function clockJump(stage: Stage): Fault {
  const { mesh, clients, clock } = stage;
  const fails = async (client: string): Promise<boolean> => {
    const script = 'curl -s -o /dev/null -w "%{http_code}" --max-time 2 http://fresh:9080/ || true';
    return (await mesh.shell(`default/${client}`, script)).trim() !== '200';
  };
  const recovery = async (name: string): Promise<void> => {
    const begun = performance.now();
    let [last, failed, all] = [0, 0, 0];
    while (performance.now() - begun < Math.max(15_000, last + calmMs)) {
      const answers = await Promise.all(clients.map(fails));
      all += answers.length;
      failed += answers.filter(Boolean).length;
      if (answers.includes(true)) last = performance.now() - begun;
      expect(last, `${name}: new connections still fail`).toBeLessThan(backMs);
      await delay(100);
    }
    await change(stage);
    const ms = await arrived(stage, backMs);
    const figures = `${failed} of ${all} new connections failed, the last ${(last / 1000).toFixed(1)} s after it`;
    console.info(`clock, ${name}: ${figures}; a change is there after ${Math.round(ms)} ms`);
  };
  return {
    name: 'the time of day jumps',
    seconds: undefined,
    act: async () => {
      clock?.set(day);
      await recovery('a day forward');
      clock?.set(0);
      await recovery('and back');
    },
  };
}
