import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutriggerError } from '../../errors.ts';
import { removeLeftovers } from './remove-leftovers.ts';
import { type Slot, slotCount, slotOf } from './slot.ts';

export interface ClaimedSlot {
  readonly slot: Slot;
  /** For all that this playground writes. */
  readonly folder: string;
  /** Removes everything, the folder too unless it is to be kept. */
  readonly release: (folder: 'remove' | 'keep') => Promise<void>;
}

/** Takes the first slot that no living process has. What dead ones left is removed, in every slot. Throws OR2305. */
export async function claimSlot(): Promise<ClaimedSlot> {
  const free: Slot[] = [];
  for (let number = 0; number < slotCount; number++) {
    const slot = slotOf(number);
    const folder = folderOf(slot);
    if (isAlive(ownerOf(folder))) continue;
    if (existsSync(folder)) await removeAll(slot);
    free.push(slot);
  }
  for (const slot of free) {
    const folder = folderOf(slot);
    // Another may have taken it by now.
    if (!take(folder)) continue;
    await removeLeftovers(slot);
    const release = async (what: 'remove' | 'keep'): Promise<void> => {
      if (what === 'remove') return removeAll(slot);
      await removeLeftovers(slot);
      rmSync(join(folder, 'owner'), { force: true });
    };
    return { slot, folder, release };
  }
  throw new OutriggerError('OR2305', `all ${slotCount} are in use`);
}

function folderOf(slot: Slot): string {
  return join(tmpdir(), `outrigger-playground-${slot.number}`);
}

/** The folder goes last: while it is there, the next start knows that there may be more. */
async function removeAll(slot: Slot): Promise<void> {
  await removeLeftovers(slot);
  rmSync(folderOf(slot), { recursive: true, force: true });
}

function take(folder: string): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  try {
    writeFileSync(join(folder, 'owner'), `${process.pid} ${startOf(process.pid)}`, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function ownerOf(folder: string): readonly string[] {
  try {
    return readFileSync(join(folder, 'owner'), 'utf8').split(' ');
  } catch {
    return [];
  }
}

/** Process ids are used again; together with the time of the start they are not. */
function isAlive([pid, start]: readonly string[]): boolean {
  return pid !== undefined && start !== undefined && startOf(Number(pid)) === start;
}

/** Field 22 of /proc/<pid>/stat, counted behind the name, which may hold anything; '' when there is no such process. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
