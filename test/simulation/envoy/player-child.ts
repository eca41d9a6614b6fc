import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startEchoServers } from './echo-server.ts';
import { makeCall } from './make-call.ts';
import type { Errand, Part } from './observation.ts';

/** Runs inside a namespace: servers on its ports, and clients for the errands of its standard input, one a line. */
const part: Part = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
await startEchoServers(part.listen, part.own);
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const errand: Errand = JSON.parse(line);
  void makeCall(errand, part.identities).then((observation) => say({ id: errand.id, observation }));
}
// Whoever started it is gone.
process.exit(0);

function say(what: unknown): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
