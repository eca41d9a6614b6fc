import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSION = '1.36.3';

export interface KubectlOptions {
  readonly input?: string;
  readonly kubeconfig?: string;
}

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where `install.sh` leaves the built pieces. */
export function piecesFolder(): string {
  return join(process.env.OUTRIGGER_CACHE ?? join(homedir(), '.cache', 'outrigger'), `kubernetes-${VERSION}`);
}

/** The built kubectl, else the machine's. Never throws: the exit code is part of the answer. */
export function runKubectl(
  kubeconfig: string,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  const built = join(piecesFolder(), 'kubectl');
  return new Promise((resolve) => {
    const child = execFile(
      existsSync(built) ? built : 'kubectl',
      ['--kubeconfig', options.kubeconfig ?? kubeconfig, ...args],
      { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout: String(stdout), stderr: String(stderr) }),
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}
