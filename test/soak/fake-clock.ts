import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The time of day of whatever is started with its variables, and of this process: that of a machine on which somebody sets
 * it. Clocks that only count on are left alone, as the kernel leaves them.
 */
export class FakeClock {
  readonly env: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #file: string;
  readonly #real = Date.now;

  /** Undefined where there is no compiler. */
  static make(): FakeClock | undefined {
    const folder = mkdtempSync('/dev/shm/outrigger-clock-');
    const library = join(folder, 'time-of-day.so');
    const source = join(import.meta.dirname, 'time-of-day.c');
    const { status } = spawnSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, source], { cwd: tmpdir() });
    if (status === 0) return new FakeClock(folder, library);
    rmSync(folder, { recursive: true });
    return undefined;
  }

  /** In /dev, which containers of the playground have from the machine. */
  private constructor(folder: string, library: string) {
    this.#folder = folder;
    this.#file = join(folder, 'ahead');
    this.env = { LD_PRELOAD: library, CLOCK_AHEAD_FILE: this.#file };
    writeFileSync(this.#file, Buffer.alloc(8));
    spawnSync('chmod', ['-R', 'a+rX', folder]);
  }

  /** Everybody's is so many seconds ahead of the machine's, from now on. */
  set(ahead: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(ahead));
    // In place: it is mapped into the memory of those who read it.
    writeFileSync(this.#file, bytes, { flag: 'r+' });
    Date.now = ahead === 0 ? this.#real : () => this.#real() + ahead * 1000;
  }

  stop(): void {
    Date.now = this.#real;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
