import type { TestMesh } from './fixture.ts';

/** The first line that a TCP port says, '' when it says none. */
export async function firstLine(mesh: TestMesh, from: string, host: string, port: number): Promise<string> {
  const script = `exec 3<>/dev/tcp/${host}/${port}; echo ping >&3; timeout 5 head -n 1 <&3 2>/dev/null`;
  return (await mesh.shell(from, `bash -c '${script}' || true`)).trim();
}
