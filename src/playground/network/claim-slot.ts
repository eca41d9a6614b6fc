import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** Takes the first slot that no living process has; what a dead one left there is removed. Throws OR2305. */
export async function claimSlot(): Promise<ClaimedSlot> {
  for (let number = 0; number < slotCount; number++) {
    const slot = slotOf(number);
    const folder = join(tmpdir(), `outrigger-playground-${number}`);
    if (isAlive(ownerOf(folder))) continue;
    await removeLeftovers(slot);
    rmSync(folder, { recursive: true, force: true });
    if (!take(folder)) continue;
    const release = async (what: 'remove' | 'keep'): Promise<void> => {
      await removeLeftovers(slot);
      if (what === 'remove') rmSync(folder, { recursive: true, force: true });
      else rmSync(join(folder, 'owner'), { force: true });
    };
    return { slot, folder, release };
  }
  throw new OutriggerError('OR2305', `all ${slotCount} are in use`);
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
