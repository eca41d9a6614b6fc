import { chmodSync, constants, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../envoy/condition.ts';
import type { TestMesh } from './fixture.ts';

/** Envoy, whose drain is shorter in pods of one name, so that a test need not wait for ten minutes. Answers its path. */
export function withShortDrain(
  envoy: string,
  folder: string,
  { pod, seconds }: { readonly pod: string; readonly seconds: number },
): string {
  // Proxies are not root, and cannot read it where it is.
  const [binary, path] = [join(folder, 'envoy-itself'), join(folder, 'envoy')];
  copyFileSync(envoy, binary, constants.COPYFILE_FICLONE);
  const script = `#!/bin/bash
args=("$@")
if [[ "$*" == *${pod}* ]]; then args=("\${args[@]/#600/${seconds}}"); fi
exec ${binary} "\${args[@]}"
`;
  writeFileSync(path, script);
  for (const file of [folder, binary, path]) chmodSync(file, 0o755);
  return path;
}

/** A TCP connection that says something five times a second, and waits for the answer each time. */
export interface HeldConnection {
  isOpen(): Promise<boolean>;
}

let serial = 0;

export async function hold(mesh: TestMesh, from: string, host: string, port: number): Promise<HeldConnection> {
  const file = `/tmp/held-${++serial}`;
  const script = `exec 3<>/dev/tcp/${host}/${port} || exit 1; echo open >${file}
while echo ping >&3 && read -r -t 5 line <&3; do sleep 0.2; done 2>/dev/null; echo cut >${file}`;
  mesh.shell(from, `bash -c '${script}'; true`).catch(() => undefined);
  const state = async () => (await mesh.shell(from, `cat ${file} 2>/dev/null || true`)).trim();
  await until(`a connection of ${from} to ${host}`, async () => ((await state()) === 'open' ? true : undefined), 10);
  return { isOpen: async () => (await state()) === 'open' };
}
