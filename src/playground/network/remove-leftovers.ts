import { readdirSync, readFileSync } from 'node:fs';
import { runCommand } from './run-command.ts';
import type { Slot } from './slot.ts';

const gone = (): void => {};

/** Ends what runs in the namespace, by process id, and removes it. */
export async function removeNamespace(name: string): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    const pids = (await runCommand('ip', ['netns', 'pids', name]).catch(() => '')).split('\n').filter(Boolean);
    if (pids.length === 0) break;
    for (const pid of pids) kill(Number(pid));
    await new Promise((done) => setTimeout(done, 10));
  }
  await runCommand('ip', ['netns', 'del', name]).catch(gone);
}

/** Everything that a playground of this slot may have left on the machine but for its folder: this one's, or a dead one's. */
export async function removeLeftovers(slot: Slot): Promise<void> {
  const { bridge, table } = slot;
  const namespaces = listOf('/run/netns').filter((name) => name.startsWith(`${bridge}-`));
  // Few at a time: each takes three processes.
  for (let at = 0; at < namespaces.length; at += 8)
    await Promise.all(namespaces.slice(at, at + 8).map(removeNamespace));
  const links = linksHere().filter((name) => name.startsWith(`${bridge}.`));
  for (const link of [...links, bridge]) await runCommand('ip', ['link', 'del', link]).catch(gone);
  await runCommand('nft', ['delete', 'table', 'ip', table]).catch(gone);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Of this network namespace: /sys stays that of the one in which it was mounted. */
function linksHere(): string[] {
  return readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .flatMap((line) => /^ *([^ :]+):/.exec(line)?.[1] ?? []);
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
