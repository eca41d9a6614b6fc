import { execFile } from 'node:child_process';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadResult } from '../../src/playground/sample-app/load.ts';
import { piecesFolder } from '../cluster/kubectl.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A shell of a person with `kubectl` and `outrigger` on the path. What is typed and what comes back is written down. */
export interface Session {
  /** The whole session, as text. */
  readonly transcript: string;
  /** One line of bash. */
  type(line: string): Promise<Answer>;
  /** As `type`; a line that fails is an error. Gives what came out. */
  must(line: string): Promise<string>;
  /** Requests from a container of a deployment (`deploy/cart -n shop`), which is not written down but for its result. */
  load(from: string, container: string, load: object): Promise<LoadResult>;
}

const longestMs = 240_000;
/** More of an output is cut in the transcript, not in the answer. */
const longestShown = 4000;

export async function openSession(folder: string, kubeconfig: string): Promise<Session> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const node = join(checkout, 'node_modules/.bin/node');
  await shim(join(bin, 'outrigger'), `"${node}" "${join(checkout, 'src/main.ts')}"`);
  await shim(join(bin, 'kubectl'), `"${join(piecesFolder(), 'kubectl')}"`);
  const transcript = join(folder, 'session.txt');
  await writeFile(transcript, '');
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, KUBECONFIG: kubeconfig, NO_COLOR: '1' };
  const note = async (text: string): Promise<void> => {
    process.stdout.write(`${text}\n`);
    await appendFile(transcript, `${text}\n`);
  };
  const type = async (line: string): Promise<Answer> => {
    const answer = await run(line, env);
    const shown = `${answer.stdout}${answer.stderr}`.trimEnd();
    await note(`$ ${line}\n${shown.length > longestShown ? `${shown.slice(0, longestShown)}…` : shown}`);
    return answer;
  };
  return {
    transcript,
    type,
    must: async (line) => {
      const { code, stdout, stderr } = await type(line);
      if (code !== 0) throw new Error(`${line}\nended with ${code}:\n${stdout}${stderr}`);
      return stdout;
    },
    load: async (from, container, load) => {
      const args = ['exec', ...from.split(' '), '-c', container, '--', 'node', '/app/load.js', JSON.stringify(load)];
      const { code, stdout, stderr } = await runProgram('kubectl', args, env);
      if (code !== 0) throw new Error(`the load from ${from} failed: ${stderr}`);
      const result = JSON.parse(stdout) as LoadResult;
      const { statuses, versions, errors } = result;
      await note(
        `# requests from ${from} to ${JSON.stringify(load)}: ${JSON.stringify({ statuses, versions, errors })}`,
      );
      return result;
    },
  };
}

function shim(path: string, command: string): Promise<void> {
  return writeFile(path, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
}

function run(line: string, env: NodeJS.ProcessEnv): Promise<Answer> {
  return runProgram('bash', ['-o', 'pipefail', '-c', line], env);
}

function runProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
  const options = { env, cwd: checkout, maxBuffer: 64 * 1024 * 1024, timeout: longestMs };
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
    child.stdin?.end();
  });
}
