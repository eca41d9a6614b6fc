import { chmod, readFile, stat } from 'node:fs/promises';
import { OutriggerError } from '../errors.ts';
import { createFile } from './atomic-file.ts';
import type { Root, RootStore } from './root-store.ts';

/** Certificate and key in one PEM file, so that the two can never be of different roots. Mode 0600. */
export class RootFileStore implements RootStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<Root | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
      await this.#closeToOthers();
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
      if (code === 'ENOENT') return undefined;
      throw new OutriggerError('OR1501', `it cannot be read (${code})`, { at: this.#path, cause });
    }
    return splitPem(text, this.#path);
  }

  async save(root: Root): Promise<void> {
    const text = `${root.certificatePem.trim()}\n${root.privateKeyPem.trim()}\n`;
    try {
      await createFile({ path: this.#path, text, mode: 0o600 });
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unwritable';
      throw new OutriggerError('OR1506', `it cannot be written (${code})`, { at: this.#path, cause });
    }
  }

  async #closeToOthers(): Promise<void> {
    const { mode } = await stat(this.#path);
    if ((mode & 0o077) !== 0) await chmod(this.#path, 0o600);
  }
}

function splitPem(text: string, path: string): Root {
  const certificatePem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text)?.[0];
  const privateKeyPem = /-----BEGIN (RSA |)PRIVATE KEY-----[^-]+-----END \1PRIVATE KEY-----/.exec(text)?.[0];
  if (certificatePem === undefined || privateKeyPem === undefined) {
    const missing = certificatePem === undefined ? 'CERTIFICATE' : 'PRIVATE KEY';
    throw new OutriggerError('OR1501', `it holds no whole ${missing} block`, { at: path });
  }
  return { certificatePem: `${certificatePem}\n`, privateKeyPem: `${privateKeyPem}\n` };
}
