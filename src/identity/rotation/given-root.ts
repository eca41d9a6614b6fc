import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OutriggerError } from '../../errors.ts';
import type { MeshRoot } from '../workload/mesh-root.ts';

/** A root of the user's own, in a folder with the names of Istio's Secret `cacerts`; `cert-chain.pem` may be missing. Throws OR2201. */
export async function readGivenRoot(folder: string): Promise<MeshRoot> {
  const [certificatePem, privateKeyPem, rootsPem, chainPem] = await Promise.all([
    pem(folder, 'ca-cert.pem'),
    pem(folder, 'ca-key.pem'),
    pem(folder, 'root-cert.pem'),
    pem(folder, 'cert-chain.pem').catch((error: OutriggerError) => {
      if (!error.detail.includes('ENOENT')) throw error;
      return '';
    }),
  ]);
  return { certificatePem, privateKeyPem, rootsPem, chainPem };
}

async function pem(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  try {
    const text = await readFile(path, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new OutriggerError('OR2201', `it cannot be read (${code})`, { at: path, cause });
  }
  throw new OutriggerError('OR2201', 'there is no PEM in it', { at: path });
}
