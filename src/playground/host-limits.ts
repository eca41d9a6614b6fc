import { readFileSync, writeFileSync } from 'node:fs';

const path = '/proc/sys/fs/inotify/max_user_instances';
/** Each Envoy takes three or four, and all of them run as one user; the usual limit is 128 a user. */
const instancesPerPod = 4;
const spare = 100;

/**
 * The one setting of the whole machine that many pods need: raised when they do, and set back at the end. After a crash
 * it stays raised, which harms nobody.
 */
export class HostLimits {
  #before: string | undefined;
  #raisedTo = '';

  need(pods: number): void {
    const wanted = pods * instancesPerPod + spare;
    const now = this.#read();
    if (now === undefined || Number(now) >= wanted) return;
    this.#before ??= now;
    // In steps, so that not each further pod writes it.
    this.#raisedTo = String(2 ** Math.ceil(Math.log2(wanted)));
    writeFileSync(path, this.#raisedTo);
  }

  /** What somebody else has set meanwhile stays. */
  restore(): void {
    if (this.#before === undefined || this.#read() !== this.#raisedTo) return;
    writeFileSync(path, this.#before);
    this.#before = undefined;
  }

  #read(): string | undefined {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return undefined;
    }
  }
}
