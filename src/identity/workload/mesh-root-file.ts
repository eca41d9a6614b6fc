import { X509Certificate } from 'node:crypto';
import { chmod, readFile, stat } from 'node:fs/promises';
import { OutriggerError } from '../../errors.ts';
import { createFile } from '../atomic-file.ts';
import type { MeshRoot, MeshRootStore } from './mesh-root.ts';
import { certificateBlocks, privateKeyBlock } from './pem-blocks.ts';

/**
 * The mesh root in one PEM file, mode 0600, so that its parts can never be of different roots: the certificate that
 * signs comes first, then its key, intermediates and roots in any order.
 */
export class MeshRootFile implements MeshRootStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<MeshRoot | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
      if (((await stat(this.#path)).mode & 0o077) !== 0) await chmod(this.#path, 0o600);
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return undefined;
      throw new OutriggerError('OR2201', `it cannot be read (${codeOf(cause)})`, { at: this.#path, cause });
    }
    return readMeshRootText(text, this.#path);
  }

  async save(root: MeshRoot): Promise<void> {
    try {
      await createFile({ path: this.#path, text: meshRootText(root), mode: 0o600 });
    } catch (cause) {
      throw new OutriggerError('OR2203', `it cannot be written (${codeOf(cause)})`, { at: this.#path, cause });
    }
  }
}

/** The certificate that signs, what else belongs to it, its key. */
export function meshRootText(root: MeshRoot): string {
  const blocks = new Set(certificateBlocks(`${root.certificatePem}${root.chainPem}${root.rootsPem}`));
  return `${[...blocks].join('')}${root.privateKeyPem.trim()}\n`;
}

/** Throws OR2201. */
export function readMeshRootText(text: string, path: string): MeshRoot {
  const [certificatePem, ...others] = certificateBlocks(text);
  const privateKeyPem = privateKeyBlock(text);
  if (certificatePem === undefined || privateKeyPem === '') {
    const missing = certificatePem === undefined ? 'CERTIFICATE' : 'PRIVATE KEY';
    throw new OutriggerError('OR2201', `it holds no whole ${missing} block`, { at: path });
  }
  const roots = [certificatePem, ...others].filter((block) => isSelfSigned(block, path));
  const between = others.filter((block) => !roots.includes(block));
  return { certificatePem, privateKeyPem, chainPem: between.join(''), rootsPem: roots.join('') };
}

function isSelfSigned(block: string, path: string): boolean {
  try {
    const certificate = new X509Certificate(block);
    return certificate.subject === certificate.issuer;
  } catch (cause) {
    throw new OutriggerError('OR2201', 'a CERTIFICATE block cannot be parsed', { at: path, cause });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}
