import { spawn } from 'node:child_process';

/** Runs to the end and answers what it wrote; an exit code other than 0 is an error with what it said. */
export function runCommand(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let [out, said] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${said.trim() || out.trim()}`));
    });
    child.stdin.end(input);
  });
}

/** Several lines for `ip`, in one process. */
export function ipBatch(lines: readonly string[], namespace?: string): Promise<string> {
  const inside = namespace === undefined ? [] : ['-n', namespace];
  return runCommand('ip', [...inside, '-batch', '-'], `${lines.join('\n')}\n`);
}
