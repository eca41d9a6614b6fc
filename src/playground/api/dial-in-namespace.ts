import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';

/** Runs in the namespace: its network is another, and a process cannot enter one for a single connection. */
const carry = `
const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
socket.on('connect', () => { process.stdin.pipe(socket); socket.pipe(process.stdout); });
socket.on('error', (error) => { process.stderr.write(error.message); process.exitCode = 1; });
// It ends by itself once all is written; process.exit would drop what is not.
socket.on('close', () => process.stdin.destroy());
`;

/** A connection to a port of the loopback of a pod's network. `enter` makes the command line that runs one inside. */
export async function dialInNamespace(
  enter: (command: readonly string[]) => readonly string[],
  port: number,
): Promise<Duplex> {
  const [program = '', ...args] = enter([process.execPath, '-e', carry, String(port)]);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += String(text);
  });
  // A joint of both streams would end the one that is read when the other closes, with what is still in it.
  const way = new Duplex({
    read: () => void child.stdout.resume(),
    write: (bytes, _encoding, done) => void child.stdin.write(bytes, () => done()),
    final: (done) => void child.stdin.end(() => done()),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  child.stdout.on('data', (bytes: Buffer) => {
    if (!way.push(bytes)) child.stdout.pause();
  });
  child.stdin.on('error', () => undefined);
  way.on('error', () => undefined);
  child.once('error', (error) => way.destroy(error));
  child.once('close', (code) => {
    if (code !== 0 && said !== '') way.destroy(new Error(said));
    else way.push(null);
  });
  return way;
}
