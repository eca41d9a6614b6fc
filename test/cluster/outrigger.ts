import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

/** The command line of a child process: the program as users start it. */
export function outriggerCommand(args: readonly string[]): { command: string; args: string[] } {
  return { command: existsSync(node) ? node : process.execPath, args: [main, ...args] };
}

/** Runs it to its end, with these variables of the environment beside those of here. */
export function runOutrigger(
  args: readonly string[],
  input = '',
  more: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { command, args: all } = outriggerCommand(args);
  return new Promise((resolve) => {
    const options = { maxBuffer: 64 * 1024 * 1024, timeout: 180_000, env: { ...process.env, ...more } };
    const child = execFile(command, all, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
